// Who hears of committed changes. Threads: the writer's only, in calls that the writer makes aside.
#pragma once

#include "offstage/stores/store.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace offstage::stores::sqlite {

class Subscribers {
public:
    std::uint64_t add(Changed changed) {
        list_.emplace_back(++last_, std::move(changed));
        return last_;
    }
    void remove(std::uint64_t number) {
        std::erase_if(list_, [&](const auto& entry) { return entry.first == number; });
    }
    bool empty() const noexcept { return list_.empty(); }
    void tell(std::span<const JobChange> changes) const noexcept {
        for (const auto& [number, changed] : list_) changed(changes);
    }

private:
    std::vector<std::pair<std::uint64_t, Changed>> list_;
    std::uint64_t last_ = 0;
};

} // namespace offstage::stores::sqlite
