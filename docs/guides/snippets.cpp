// The snippets of the guides: compiled, so that none of them lies. tools/quotes holds each block of C++ in a
// guide against what stands here between the marks of that guide.
// clang-format off
#include "offstage/executor/future_select.hpp"
#include "offstage/executor/pipeline.hpp"
#include "offstage/executor/runtime.hpp"
#include "offstage/executor/scope.hpp"
#include "offstage/executor/stop_signals.hpp"
#include "offstage/sync/bounded_queue.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sync/select.hpp"
#include "offstage/sys/clock.hpp"

#include <chrono>
#include <iostream>
#include <stop_token>
#include <string>
#include <vector>

using namespace offstage;
using namespace std::chrono_literals;

namespace guides {

struct Image {};
struct Label {};
struct Page {};
Image take_picture();
Image decode(Image frame);
Label classify(Image image);
void show(Image image);
void show(Page page);
void show(Label label);
Page fetch(std::string url);
void send_mail(std::string address);
void ask_again();
void wake_up();
void retrain();
void watch(std::stop_token stop);

void threads_1() {
BoundedQueue<Image> frames(4);
//> threads
offstage::Runtime runtime{{.workers = 4, .on_error = offstage::log_errors}};

auto camera = runtime.background("camera", [&](std::stop_token stop) {
    while (!stop.stop_requested()) frames.push(take_picture(), stop);
});
camera.stop();    // asks; returns at once
camera.join();    // waits: ok, stopped or timed_out
camera.start();   // again, with a new stop token and the same arguments
//<
}

void pools_1() {
offstage::Runtime runtime;
const Image image;
const std::string address;
const std::vector<std::string> urls;
//> pools
auto label = runtime.submit(classify, image);                   // Future<Label>
runtime.post(send_mail, address);                               // fire and forget: a throw goes to on_error
for (auto& page : runtime.map(fetch, urls)) show(page);         // in order, a bounded window in flight
//<
}

void pools_2() {
offstage::Runtime runtime;
const std::stop_token stop;
const std::string head_url, body_url;
//> pools
offstage::TaskScope scope(runtime, stop);
auto head = scope.spawn(fetch, head_url);
auto body = scope.spawn(fetch, body_url);
scope.join();                                                   // throws the first error, when all have ended
//<
}

void queues_1() {
const Image picture;
const std::stop_token stop;
//> queues
offstage::BoundedQueue<Image> images{64, offstage::Overflow::drop_oldest};
images.push(picture, stop);                       // ok, stopped, timed_out, closed, full
while (auto image = images.pop(stop)) show(*image);
images.close();                                   // no more comes in; what is in can be popped
auto rest = images.close_and_take();              // or: hand it over
//<
}

void queues_2() {
offstage::Runtime runtime;
offstage::BoundedQueue<Image> images{4};
offstage::Event finished;
auto label = runtime.submit(classify, Image());
const std::stop_token stop;
//> queues
offstage::select(stop,
    on_pop(images, [&](Image image) { show(image); }),
    on_set(finished, [&] { images.close(); }),
    on_ready(label, [&](Label found) { show(found); }),         // a future: executor/future_select.hpp
    on_time(sys::deadline_after(5s), [&] { ask_again(); }));
//<
}

void stopping_1() {
offstage::Event event;
const std::stop_token stop;
//> stopping
event.wait();                                                   // until it is set
event.wait(stop);                                               // ... or a stop is requested
event.wait(stop, sys::deadline_after(5s));                      // ... or five seconds have passed
//<
}

void stopping_2() {
//> stopping
offstage::StopSignals signals;                                  // first in main: Ctrl-C, kill, SIGQUIT
offstage::Runtime runtime;
auto camera = runtime.background("camera", watch);
signals.wait();
const offstage::ShutdownReport report = runtime.shutdown(sys::deadline_after(10s));
if (!report.complete()) std::cerr << to_string(report) << "\n";
//<
}

void timers_1() {
offstage::Runtime runtime;
const WallTime tomorrow_at_six{};
//> timers
auto reminder = runtime.timers().after(30s, ask_again);
runtime.timers().at(tomorrow_at_six, wake_up);                  // follows the clock where somebody sets it
auto training = runtime.timers().every(5min, retrain, {.jitter = 10s});
training.cancel();
//<
}

void pipelines_1() {
offstage::BoundedQueue<Image> frames{4};
const std::stop_token stop;
const Deadline deadline = Deadline::never();
const auto show = [](const Label&) {};
//> pipelines
auto line = offstage::pipeline(frames)                          // a queue, a range, or a function
                .stage(decode, {.name = "decode", .threads = 2})
                .stage(classify, {.name = "classify", .threads = 3, .ordered = true})
                .drain_into(show);
const offstage::PipelineReport report = line.run(stop, deadline);
std::cout << to_string(report.stages);
//<
}

} // namespace guides
