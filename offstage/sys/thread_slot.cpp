#include "offstage/sys/thread_slot.hpp"

#include "offstage/base/check.hpp"

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include <pthread.h>

namespace offstage::sys::detail {

constinit thread_local ThreadId this_id = 0;

namespace {

constinit thread_local ThreadSlot* this_slot_pointer = nullptr;

/// All slots, for ever. Its mutex is held unseen: whoever takes it may have no slot yet.
struct Slots {
    Mutex mutex;
    std::vector<ThreadSlot*> all;
    ThreadSlot* free = nullptr;
    ThreadId last_id = 0;
    bool began_again = false;
    pthread_key_t key{};

    // A pthread key and no thread_local object: its destructor runs after all thread_local ones, and once
    // more where one of them needed a slot again.
    Slots() {
        OFFSTAGE_CHECK(
            ::pthread_key_create(&key, [](void* slot) { give_back(static_cast<ThreadSlot*>(slot)); }) == 0,
            "the process has no thread-specific key left");
    }

    static Slots& instance() noexcept {
        alignas(Slots) static std::byte room[sizeof(Slots)];
        static Slots* const slots = ::new (room) Slots; // never destroyed: threads may outlive main
        return *slots;
    }

    static void give_back(ThreadSlot* slot) noexcept {
        this_slot_pointer = nullptr;
        this_id = 0;
        {
            const UnseenLock lock(slot->mutex);
            slot->name.clear();
        }
        Slots& slots = instance();
        const UnseenLock lock(slots.mutex);
        slot->id = 0;
        slot->next_free = std::exchange(slots.free, slot);
    }

    ThreadSlot* take() {
        const UnseenLock lock(mutex);
        if (free == nullptr) {
            free = new ThreadSlot;
            all.push_back(free);
        }
        free->id = next_id();
        return std::exchange(free, free->next_free);
    }

    ThreadId next_id() {
        do {
            if (++last_id <= most_threads) continue;
            last_id = 1;
            began_again = true;
        } while (began_again && std::ranges::find(all, last_id, &ThreadSlot::id) != all.end());
        return last_id;
    }
};

} // namespace

ThreadSlot& this_slot() noexcept {
    if (this_slot_pointer == nullptr) [[unlikely]] {
        Slots& slots = Slots::instance();
        this_slot_pointer = slots.take();
        this_id = this_slot_pointer->id;
        OFFSTAGE_CHECK(::pthread_setspecific(slots.key, this_slot_pointer) == 0,
                       "no memory for a thread's own data");
        char name[16] = "";
        ::pthread_getname_np(::pthread_self(), name, sizeof name);
        const UnseenLock lock(this_slot_pointer->mutex);
        this_slot_pointer->name = name;
    }
    return *this_slot_pointer;
}

void set_this_thread_name(std::string name) {
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
    ThreadSlot& slot = this_slot();
    const UnseenLock lock(slot.mutex);
    slot.name = std::move(name);
}

ThreadId make_this_id() noexcept {
    return this_slot().id;
}

std::vector<ThreadSlot*> all_slots() {
    Slots& slots = Slots::instance();
    const UnseenLock lock(slots.mutex);
    return slots.all;
}

} // namespace offstage::sys::detail
