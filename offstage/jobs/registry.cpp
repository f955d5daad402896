#include "offstage/jobs/registry.hpp"

#include "offstage/base/error.hpp"
#include "offstage/stores/store.hpp"

#include <algorithm>

namespace offstage::jobs {

const Kind* Registry::find(std::string_view name) const noexcept {
    const auto found = kinds_.find(name);
    return found == kinds_.end() ? nullptr : &found->second;
}

const Kind* Registry::handled_in(std::string_view queue) const noexcept {
    for (const auto& [name, kind] : kinds_)
        if (!kind.is_external && kind.queue() == queue) return &kind;
    return nullptr;
}

std::vector<const Kind*> Registry::kinds() const {
    std::vector<const Kind*> all;
    all.reserve(kinds_.size());
    for (const auto& [name, kind] : kinds_) all.push_back(&kind);
    return all;
}

std::optional<std::chrono::microseconds> Registry::longest_keep_failed() const {
    std::optional<std::chrono::microseconds> longest(0);
    for (const auto& [name, kind] : kinds_) {
        if (!kind.options.keep_failed) return std::nullopt;
        longest = std::max(*longest, *kind.options.keep_failed);
    }
    return longest;
}

void Registry::add_external(std::string name, KindOptions options, InsertOptions defaults) {
    auto run = [name](std::string_view, Context&) -> Ending {
        throw Error(Errc::not_found, "kind \"" + name +
                                         "\" is run by workers of other programs; give it a queue that no "
                                         "worker of this one serves");
    };
    add_kind({std::move(name), std::move(options), std::move(defaults),
              [](std::string_view) { return std::nullopt; }, std::move(run), true});
}

void Registry::add_kind(Kind kind) {
    stores::validate_name("kind", kind.name);
    const auto refuse = [&](const char* why) {
        throw Error(Errc::invalid_argument, "kind \"" + kind.name + "\" " + why);
    };
    const auto is_negative = [](const std::optional<std::chrono::microseconds>& duration) {
        return duration && duration->count() < 0;
    };
    if (find(kind.name)) refuse("is registered already");
    if (is_negative(kind.options.timeout)) refuse("has a negative timeout; zero stands for none");
    if (!kind.options.backoff) refuse("has no backoff");
    if (is_negative(kind.options.keep_done) || is_negative(kind.options.keep_failed))
        refuse("would be kept in history for a negative time");
    std::string name = kind.name;
    kinds_.emplace(std::move(name), std::move(kind));
}

} // namespace offstage::jobs
