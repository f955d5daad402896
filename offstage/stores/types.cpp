#include "offstage/stores/types.hpp"

#include <array>
#include <utility>

namespace offstage::stores {
namespace {

constexpr std::array<std::pair<JobState, std::string_view>, 7> state_names{{
    {JobState::scheduled, "scheduled"},
    {JobState::ready, "ready"},
    {JobState::running, "running"},
    {JobState::waiting, "waiting"},
    {JobState::done, "done"},
    {JobState::failed, "failed"},
    {JobState::cancelled, "cancelled"},
}};

} // namespace

std::string_view to_string(JobState state) noexcept {
    return state_names[static_cast<std::size_t>(state)].second;
}

std::optional<JobState> parse_job_state(std::string_view text) noexcept {
    for (const auto& [state, name] : state_names)
        if (name == text) return state;
    return std::nullopt;
}

} // namespace offstage::stores
