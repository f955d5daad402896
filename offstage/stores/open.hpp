// Opens a store by its address: the one place that knows all drivers. Only `main` functions call it, so that
// nothing else of a program depends on a database.
#pragma once

#include "offstage/stores/holder.hpp"
#include "offstage/stores/store.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace offstage::stores {

/// "sqlite:FILE". Throws Error(invalid_argument) for what no driver knows, else what the driver does:
/// Error(held) names the process that has the file.
std::unique_ptr<Store> open(std::string_view address);

/// Who holds that store; none when nobody does, or when several may share it.
std::optional<Holder> holder_of(std::string_view address);

} // namespace offstage::stores
