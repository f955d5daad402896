#include "apps/bookshop/import_command.hpp"

#include "apps/bookshop/http_client.hpp"
#include "apps/bookshop/import_record.hpp"
#include "apps/bookshop/intake.hpp"
#include "apps/bookshop/progress_bar.hpp"
#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/row_errors.hpp"
#include "apps/bookshop/sha256.hpp"
#include "apps/bookshop/shop.hpp"
#include "offstage/base/json.hpp"
#include "offstage/sync/event.hpp"
#include "offstage/sys/clock.hpp"
#include "offstage/web/access.hpp"
#include "offstage/web/target.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bookshop {

namespace jobs = offstage::jobs;
namespace json = boost::json;
namespace stores = offstage::stores;
using offstage::Errc;
using offstage::Error;

namespace {

constexpr std::chrono::milliseconds look_every{200};
constexpr std::int64_t errors_told = 10;

/// The file to import, open.
struct Source {
    std::string name; ///< for people, and without what no path of a request may hold
    File file;
    std::uint64_t size = 0;
};

Source open_source(const std::string& path) {
    // Not waiting: a pipe without a writer would hold it here, where no signal ends it.
    Source source{tidy_file_name(std::filesystem::path(path).filename().string()),
                  File(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY))};
    struct stat info{};
    if (source.file.fd() < 0 || ::fstat(source.file.fd(), &info) != 0)
        throw Error(Errc::invalid_argument,
                    path + " cannot be opened: " + std::generic_category().message(errno));
    if (!S_ISREG(info.st_mode)) throw Error(Errc::invalid_argument, path + " is no regular file");
    source.size = static_cast<std::uint64_t>(info.st_size);
    return source;
}

/// One import and where it runs. What it gives is what the API tells.
class Watched {
public:
    virtual ~Watched() = default;
    /// Waits until the import has ended or look_every has passed, then tells it.
    virtual json::object look(const std::stop_token& stop) = 0;
    virtual json::array errors() = 0;
    /// What a person who stopped watching should know.
    virtual std::string stopped() const = 0;
};

ImportNumbers numbers_of(const json::object& import) {
    const auto number = [&](const char* name) { return import.at(name).to_number<std::int64_t>(); };
    return {.state = std::string(import.at("state").as_string()),
            .rows_read = number("rows_read"),
            .rows_refused = number("rows_refused"),
            .rows_per_second = number("rows_per_second"),
            .bytes_read = number("bytes_read"),
            .bytes_total = number("bytes_total")};
}

void tell_errors(ProgressBar& bar, const json::array& errors, std::int64_t of) {
    for (const json::value& error : errors) {
        std::string line = "  row " + with_commas(error.at("row").to_number<std::int64_t>()) + ":";
        for (const auto& [field, messages] : error.at("messages").as_object())
            for (const json::value& message : messages.as_array())
                line += " " + std::string(field) + ": " + std::string(message.as_string());
        bar.say(line);
    }
    const auto told = static_cast<std::int64_t>(errors.size());
    if (of > told) bar.say("  … and " + with_commas(of - told) + " more: `bookshop serve` shows them all");
}

int tell_end(ProgressBar& bar, Watched& watched, const json::object& import) {
    const ImportNumbers numbers = numbers_of(import);
    const std::string file(import.at("file").as_string());
    if (numbers.rows_refused > 0) tell_errors(bar, watched.errors(), numbers.rows_refused);
    const std::string inserted = with_commas(import.at("rows_inserted").to_number<std::int64_t>());
    if (numbers.state == "done") {
        bar.say(file + ": " + with_commas(numbers.rows_read) + (numbers.rows_read == 1 ? " row" : " rows") +
                " read, " + inserted + " inserted, " + with_commas(numbers.rows_refused) + " refused");
        return 0;
    }
    const json::value& error = import.at("error");
    bar.say(file + ": " + numbers.state + ". " +
            (error.is_string() ? std::string(error.as_string()) : std::string()));
    return 1;
}

/// Shows an import until it ends or a signal comes; gives the exit code.
int watch(Watched& watched, ProgressBar& bar, const std::stop_token& stop) {
    try {
        for (;;) {
            const json::object import = watched.look(stop);
            bar.show(numbers_of(import));
            const auto& state = import.at("state").as_string();
            if (state == "done" || state == "failed" || state == "cancelled")
                return tell_end(bar, watched, import);
        }
    } catch (const Error& error) {
        if (error.code() != Errc::stopped) throw;
        bar.say(watched.stopped());
        return 130;
    }
}

void tell_earlier(ProgressBar& bar, const json::object& import) {
    bar.say("The same content was imported within the last hour: this is import " +
            std::to_string(import.at("id").to_number<std::int64_t>()) +
            " again; --again imports it once more");
}

class LocalImport final : public Watched {
public:
    LocalImport(Shop& shop, std::int64_t id, jobs::JobId job) : shop_(shop), id_(id), job_(job) {}

    json::object look(const std::stop_token& stop) override {
        try {
            shop_.client().wait(job_, stop, offstage::sys::deadline_after(look_every));
        } catch (const Error& error) {
            if (error.code() != Errc::timed_out) throw;
        }
        const auto now = import_now(shop_.store(), id_);
        return offstage::parse_json(to_json(now->import, now->job)).as_object();
    }

    json::array errors() override {
        std::string list = "[";
        shop_.store().read([&](stores::Session& session) {
            const RowErrorTeller teller(id_, find_import(session, id_)->columns);
            for (const std::int64_t row : refused_rows(session, id_, 0, errors_told)) {
                if (list.size() > 1) list += ",";
                teller.append(session, row, list);
            }
        });
        return offstage::parse_json(list + "]").as_array();
    }

    std::string stopped() const override {
        return "Stopped. What is read so far is kept; the rest follows at the next `bookshop import` or "
               "`bookshop serve`";
    }

private:
    Shop& shop_;
    const std::int64_t id_;
    const jobs::JobId job_;
};

class RemoteImport final : public Watched {
public:
    RemoteImport(const HttpClient& server, std::string url, std::int64_t id)
        : server_(server), url_(std::move(url)), target_("/api/v1/imports/" + std::to_string(id)) {}

    json::object look(const std::stop_token& stop) override {
        if (std::exchange(looked_, true)) {
            offstage::Event never;
            if (never.wait(stop, offstage::sys::deadline_after(look_every)) == offstage::WaitStatus::stopped)
                throw Error(Errc::stopped, "a signal came");
        }
        return ask(target_, stop).as_object();
    }

    json::array errors() override {
        return ask(target_ + "/errors?page_size=" + std::to_string(errors_told), {}).at("results").as_array();
    }

    std::string stopped() const override { return "The import goes on at " + url_ + target_; }

private:
    json::value ask(const std::string& target, const std::stop_token& stop) const {
        const HttpAnswer answer = server_.get(target, stop);
        if (answer.status != 200)
            throw Error(Errc::io, url_ + target + " answered " + std::to_string(answer.status));
        return offstage::parse_json(answer.body);
    }

    const HttpClient& server_;
    const std::string url_;
    const std::string target_;
    bool looked_ = false;
};

/// Copies the file into the spool and makes an import of it.
Accepted take(Shop& shop, const Source& source, const Options& options, const std::stop_token& stop) {
    const auto file = shop.spool().create(source.size);
    Sha256 sha256;
    std::array<char, 256 * 1024> piece;
    while (const ssize_t n = ::read(source.file.fd(), piece.data(), piece.size())) {
        if (n < 0)
            throw Error(Errc::io, source.name + " cannot be read: " + std::generic_category().message(errno));
        if (stop.stop_requested()) throw Error(Errc::stopped, "a signal came");
        const std::span<const char> bytes(piece.data(), static_cast<std::size_t>(n));
        file->write(bytes);
        sha256.update(bytes);
    }
    return shop.intake().accept(
        *file,
        {.file = source.name, .sha256 = sha256.finish(), .sheet = options.sheet, .again = options.again});
}

/// What a shop that demands tokens is shown.
std::optional<std::string> secret_of(const Options& options) {
    if (options.token_file.empty()) return std::nullopt;
    return offstage::web::Access::from_file(options.token_file).secret_for(offstage::web::Role::work);
}

/// Why the shop takes no file, in its own words: those of an upload, or those of any other refusal.
std::string reason_of(const HttpAnswer& answer) {
    boost::system::error_code error;
    const json::value said = json::parse(answer.body, error);
    if (!error && said.is_object())
        for (const char* name : {"response", "detail"})
            if (const json::value* words = said.get_object().if_contains(name); words && words->is_string())
                return std::string(words->get_string());
    return "the server answered " + std::to_string(answer.status);
}

} // namespace

int import_here(const Options& options, stores::Store& store, const std::stop_token& stop) {
    const Source source = open_source(options.file);
    offstage::Runtime runtime({.name = "shop"});
    Shop shop(store, runtime,
              {.data_dir = options.data_dir, .workers = options.workers, .max_spool = options.max_spool});
    const Accepted accepted = take(shop, source, options, stop);
    shop.start();
    ProgressBar bar(stdout);
    const ImportRecord& import = accepted.now.import;
    if (accepted.existed)
        tell_earlier(bar, offstage::parse_json(to_json(import, accepted.now.job)).as_object());
    LocalImport local(shop, import.id, import.job);
    const int code = watch(local, bar, stop);
    shop.stop(offstage::sys::deadline_after(std::chrono::seconds(10)));
    return code;
}

int import_through_server(const Options& options, const stores::Holder& holder, const std::stop_token& stop) {
    const Source source = open_source(options.file);
    const HttpClient server(holder.url, secret_of(options));
    ProgressBar bar(stdout);
    bar.say("Sending " + source.name + " to the shop that is open at " + holder.url);
    const HttpAnswer answer =
        server.send({.method = "PUT",
                     .target = "/api/v1/upload/" + offstage::web::percent_encode(source.name) +
                               "?sheet=" + offstage::web::percent_encode(options.sheet) +
                               (options.again ? "&again=1" : ""),
                     .file = source.file.fd(),
                     .file_size = source.size},
                    stop);
    if (answer.status == 401 || answer.status == 403)
        throw Error(Errc::invalid_argument, "the shop at " + holder.url +
                                                " takes files from who shows a token with the "
                                                "role work or admin: give --token-file FILE");
    if (answer.status != 201 && answer.status != 200)
        throw Error(answer.status == 400 ? Errc::invalid_argument : Errc::io,
                    source.name + ": " + reason_of(answer));
    const json::object said = offstage::parse_json(answer.body).as_object();
    const json::object& import = said.at("import").as_object();
    if (answer.status == 200) tell_earlier(bar, import);
    RemoteImport remote(server, holder.url, import.at("id").to_number<std::int64_t>());
    return watch(remote, bar, stop);
}

} // namespace bookshop
