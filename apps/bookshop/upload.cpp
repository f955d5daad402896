#include "apps/bookshop/upload.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/refusal.hpp"
#include "apps/bookshop/sha256.hpp"
#include "offstage/web/multipart.hpp"

#include <boost/json.hpp>

#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace bookshop {

namespace json = boost::json;
namespace web = offstage::web;
using offstage::Errc;
using offstage::Error;

namespace {

constexpr std::uint64_t form_around = 64 * 1024; // what a form may add to its file

web::Response refuse(int status, std::string_view code, std::string sentence) {
    if (!sentence.empty() && sentence.front() >= 'a' && sentence.front() <= 'z')
        sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A');
    auto answer =
        web::Response::json(status, json::serialize(json::object{{"response", sentence}, {"code", code}}));
    return status == 503 ? std::move(answer).with("Retry-After", "5") : std::move(answer);
}

Refusal no_file() {
    return {Errc::invalid_argument, "no_file", "No file received"};
}

Refusal too_large(std::uint64_t max_bytes) {
    return {Errc::too_large, "too_large",
            "The file is larger than the " + std::to_string(max_bytes) +
                " bytes that are taken here; split it"};
}

/// Runs a step of an upload; what is wrong with the upload becomes its answer.
template <class Step>
auto answered(Step step) -> decltype(step()) {
    try {
        return step();
    } catch (const Refusal& refusal) {
        return refuse(refusal.status(), refusal.code(), refusal.what());
    } catch (const BadFile& bad) {
        return refuse(400, bad.reason(), bad.what());
    } catch (const Error& error) {
        if (error.code() != Errc::full) throw;
        return refuse(507, "disk_full",
                      "The disk is full: the upload was not kept. Make room and send it again");
    }
}

/// What a request says beside the file.
struct Asked {
    std::string sheet;
    bool again = false;
    std::stop_token stop; ///< nobody waits for the answer any more
};

/// One file on its way into the spool.
class Receiver {
public:
    Receiver(Intake& intake, Spool& spool, std::uint64_t max_bytes, Asked asked,
             std::optional<std::uint64_t> expected)
        : intake_(intake), max_bytes_(max_bytes), asked_(std::move(asked)), file_(spool.create(expected)) {}

    void write(std::span<const char> bytes) {
        if (file_->size() + bytes.size() > max_bytes_) throw too_large(max_bytes_);
        file_->write(bytes);
        sha256_.update(bytes);
    }

    web::Response finish(std::string name) {
        const Accepted accepted = intake_.accept(*file_,
                                                 {.file = std::move(name),
                                                  .sha256 = sha256_.finish(),
                                                  .sheet = std::move(asked_.sheet),
                                                  .again = asked_.again},
                                                 asked_.stop);
        const ImportRecord& import = accepted.now.import;
        std::string body = accepted.existed
                               ? R"({"response": "Already Uploaded, Check Book Table", "import": )"
                               : R"({"response": "Upload Initiated, Check Book Table", "import": )";
        body += to_json(import, accepted.now.job) + ", \"job\": ";
        body += (accepted.now.job ? job_to_json(*accepted.now.job) : "null") + "}";
        return web::Response::json(accepted.existed ? 200 : 201, std::move(body))
            .with("Location", "/api/v1/imports/" + std::to_string(import.id));
    }

private:
    Intake& intake_;
    const std::uint64_t max_bytes_;
    Asked asked_;
    std::unique_ptr<SpoolFile> file_;
    Sha256 sha256_;
};

/// The body is the file.
class RawSink final : public web::BodySink {
public:
    RawSink(std::unique_ptr<Receiver> receiver, std::string name)
        : receiver_(std::move(receiver)), name_(std::move(name)) {}

    std::optional<web::Response> write(std::span<const char> chunk) override {
        return answered([&]() -> std::optional<web::Response> {
            receiver_->write(chunk);
            return std::nullopt;
        });
    }
    web::Response finish() override {
        return answered([&] { return receiver_->finish(std::move(name_)); });
    }
    void abandoned() noexcept override { receiver_.reset(); }

private:
    std::unique_ptr<Receiver> receiver_;
    std::string name_;
};

/// The body is a form with the file in one of its fields; the other fields are passed over.
class FormSink final : public web::BodySink, web::PartHandler {
public:
    FormSink(std::string_view boundary, std::unique_ptr<Receiver> receiver)
        : receiver_(std::move(receiver)), scanner_(boundary, *this) {}

    std::optional<web::Response> write(std::span<const char> chunk) override {
        return answered([&]() -> std::optional<web::Response> {
            empty_ = empty_ && chunk.empty();
            scan([&] { scanner_.push(chunk); });
            return std::nullopt;
        });
    }
    web::Response finish() override {
        return answered([&] {
            if (empty_) throw no_file(); // a form that was never filled, not one that broke off
            scan([&] { scanner_.finish(); });
            if (!name_) throw no_file();
            return receiver_->finish(std::move(*name_));
        });
    }
    void abandoned() noexcept override { receiver_.reset(); }

private:
    void part_begin(const web::Part& part) override {
        // A browser sends a field without a file as one with an empty name.
        in_file_ = part.name == "books" && part.filename && !part.filename->empty();
        if (!in_file_) return;
        if (name_)
            throw Refusal(Errc::invalid_argument, "several_files",
                          "More than one file received: send one at a time");
        name_ = *part.filename;
    }
    void part_data(std::span<const char> data) override {
        if (in_file_) receiver_->write(data);
    }
    void part_end() override { in_file_ = false; }

    template <class Step>
    static void scan(Step step) {
        try {
            step();
        } catch (const Refusal&) {
            throw;
        } catch (const Error& error) {
            if (error.code() != Errc::invalid_argument && error.code() != Errc::too_large) throw;
            throw Refusal(Errc::invalid_argument, "bad_form",
                          std::string("The form cannot be read: ") + error.what());
        }
    }

    std::unique_ptr<Receiver> receiver_;
    web::MultipartScanner scanner_;
    std::optional<std::string> name_;
    bool in_file_ = false;
    bool empty_ = true;
};

/// The body is a message, not a file.
class MessageSink final : public web::BodySink {
public:
    std::optional<web::Response> write(std::span<const char> chunk) override {
        return answered([&]() -> std::optional<web::Response> {
            if (text_.size() + chunk.size() > form_around) throw no_file();
            text_.append(chunk.data(), chunk.size());
            return std::nullopt;
        });
    }
    web::Response finish() override {
        boost::system::error_code error;
        const json::value message = json::parse(text_, error);
        const json::object* object = error ? nullptr : message.if_object();
        const json::value* what = object != nullptr ? object->if_contains("message") : nullptr;
        if (what != nullptr && *what == "healthcheck")
            return web::Response::json(200, R"({"response": "It works!"})");
        return answered([]() -> web::Response { throw no_file(); });
    }
    void abandoned() noexcept override {}

private:
    std::string text_;
};

Asked asked_by(const web::Request& head) {
    const auto again = head.query.get("again");
    return {.sheet = std::string(head.query.get("sheet").value_or("")),
            .again = again && (*again == "1" || *again == "true"),
            .stop = head.stop};
}

/// A file's size, where the request tells it.
std::optional<std::uint64_t> expected_size(const web::Request& head, std::uint64_t max_bytes,
                                           std::uint64_t around) {
    const auto length = head.content_length();
    if (length && *length > around && *length - around > max_bytes) throw too_large(max_bytes);
    return length;
}

} // namespace

web::Intake Uploads::post(const web::Request& head) {
    return answered([&]() -> web::Intake {
        const std::string type = head.content_type();
        if (type == "application/json") return std::make_unique<MessageSink>();
        const auto size = expected_size(head, max_bytes_, form_around);
        std::optional<std::string> boundary;
        try {
            boundary = web::multipart_boundary(head.headers.get("Content-Type").value_or(""));
        } catch (const Error& error) {
            throw Refusal(Errc::invalid_argument, "bad_form",
                          std::string("The form cannot be read: ") + error.what());
        }
        if (!boundary) throw no_file();
        return std::make_unique<FormSink>(
            *boundary, std::make_unique<Receiver>(intake_, spool_, max_bytes_, asked_by(head), size));
    });
}

web::Intake Uploads::put(const web::Request& head) {
    return answered([&]() -> web::Intake {
        const auto size = expected_size(head, max_bytes_, 0);
        return std::make_unique<RawSink>(
            std::make_unique<Receiver>(intake_, spool_, max_bytes_, asked_by(head), size),
            head.param("name"));
    });
}

void Uploads::add_routes(web::Router& router) {
    router.stream_post("/api/v1/upload", [this](const web::Request& head) { return post(head); },
                       {.role = web::Role::work});
    router.stream_put("/api/v1/upload/{name}", [this](const web::Request& head) { return put(head); },
                      {.role = web::Role::work});
}

} // namespace bookshop
