// Text as UTF-8, out of a file in any encoding.
//
// UTF-8 passes through as it is, straight into the reader's buffer; everything else goes through iconv. What
// is not valid in its encoding is refused with its byte, never replaced. (UTF-8 is not looked at again:
// encoding.hpp did.)
#pragma once

#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/encoding.hpp"

#include <memory>

namespace bookshop {

/// The file's text without its byte-order mark, as a ByteReader of UTF-8 whose position() is the file's.
/// `file` must stand at its first byte. Throws BadFile(bad_encoding) when iconv does not know the encoding;
/// reading throws BadFile(bad_encoding) where the text is not valid.
std::unique_ptr<ByteReader> open_text(std::unique_ptr<ByteReader> file, const Encoding& encoding);

} // namespace bookshop
