// Tells a text's encoding: a byte-order mark (UTF-8, UTF-16), or ASCII that begins as in UTF-16; else UTF-8
// if all of it is valid, else uchardet's guess. ISO-2022 (Japanese, Korean, Chinese), which is ASCII to the
// eye, is told by its escape sequences in the first 256 KiB.
//
// The whole file is looked at, not only how it begins: a list of books may be ASCII for its first 50 MB. That
// pass runs at the speed of memory, and can be made while the file arrives. A file that is UTF-8 but for a
// few bytes is refused with the place of the first one, since reading all of it as something else would spoil
// the rest.
#pragma once

#include "apps/bookshop/reading/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bookshop {

struct Encoding {
    std::string name = "UTF-8"; ///< as iconv and people know it
    std::size_t mark = 0;       ///< bytes of the byte-order mark, which are no part of the text
};

/// UTF-16 where a text begins with its byte-order mark, or with two letters of ASCII in it: a header of
/// columns does, and no text in another encoding.
std::optional<Encoding> utf16(std::string_view start);

/// Finds where UTF-8 breaks off, over pieces of a text.
class Utf8Check {
public:
    /// Looks at the next piece. Nothing after the first broken byte changes anything.
    void feed(std::string_view piece);

    /// Whether all of it so far is UTF-8; a sequence may still lack its end.
    bool valid() const noexcept { return valid_; }

    /// Whether the text can end here.
    bool complete() const noexcept { return valid_ && pending_.empty(); }

    /// Where the first sequence that is not valid or not complete begins; how many bytes there are if all is
    /// well.
    std::uint64_t offset() const noexcept { return offset_; }

private:
    std::string pending_; // the begin of a sequence that the last piece ended in
    std::uint64_t offset_ = 0;
    bool valid_ = true;
};

/// Feed it the file from its first byte, piece by piece, then ask.
class EncodingDetector {
public:
    void feed(std::string_view piece);

    /// What the text is in. Throws BadFile(bad_encoding) naming the byte where UTF-8 breaks, where it should
    /// be UTF-8.
    Encoding finish();

private:
    void take_block();

    std::string start_; // the first sample's worth of bytes: for the mark, and for escape sequences
    Utf8Check utf8_;
    std::string block_;  // of the file, by its offset, so that nothing depends on the pieces
    std::string sample_; // blocks with characters beyond ASCII, up to a bound: what uchardet is asked about
};

/// Reads all of a file to tell its encoding.
Encoding detect_encoding(ByteReader& file);

/// The refusal of a text whose byte at `offset` is not in its encoding.
[[noreturn]] void refuse_encoding(std::string_view name, std::uint64_t offset);

} // namespace bookshop
