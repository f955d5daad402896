// Answers made smaller where the client takes it and it is worth it.
// Thread-safe: functions of their arguments.
#pragma once

#include "offstage/web/request.hpp"
#include "offstage/web/response.hpp"

#include <string>
#include <string_view>

namespace offstage::web {

/// `text` in gzip's format; `level` from 1 (quick) to 9 (small).
std::string gzip(std::string_view text, int level);

/// Whether the client's Accept-Encoding takes gzip.
bool accepts_gzip(const Headers& headers);

/// Whether texts of this type shrink: text, JSON, scripts, SVG. `type` may have parameters.
bool is_compressible(std::string_view type);

/// Compresses the body where it is a text of such a type, larger than a packet, not encoded yet, and the
/// client takes it.
void compress(const Request& request, Response& response);

} // namespace offstage::web
