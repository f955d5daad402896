#include "offstage/stores/open.hpp"

#include "offstage/base/error.hpp"
#include "offstage/stores/sqlite/sqlite_store.hpp"

namespace offstage::stores {
namespace {

std::string sqlite_file(std::string_view address) {
    constexpr std::string_view scheme = "sqlite:";
    if (!address.starts_with(scheme) || address.size() == scheme.size())
        throw Error(Errc::invalid_argument, "the store's address \"" + std::string(address.substr(0, 200)) +
                                                "\" is not understood; write sqlite:FILE");
    return std::string(address.substr(scheme.size()));
}

} // namespace

std::unique_ptr<Store> open(std::string_view address) {
    return open_sqlite(sqlite_file(address));
}

std::optional<Holder> holder_of(std::string_view address) {
    return sqlite_holder(sqlite_file(address));
}

} // namespace offstage::stores
