// The parts of a workbook: named streams, of which the ZIP archive is one form.
//
// Part names are those of the package, without a slash in front ("xl/workbook.xml"), and are found in any
// case. One thread at a time; parts must not outlive where they come from.
#pragma once

#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/xlsx_limits.hpp"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

namespace bookshop {

class XlsxParts {
public:
    virtual ~XlsxParts() = default;

    /// Opens a part of at most `most` bytes inflated; null when there is none of that name. Throws, and so
    /// does reading it: BadFile(too_expanded, encrypted, broken_xlsx).
    virtual std::unique_ptr<ByteReader> open(const std::string& name, std::uint64_t most) = 0;

    /// How large the part says that it is, inflated; 0 when there is none.
    virtual std::uint64_t size(const std::string& name) = 0;
};

/// The parts of an archive. The descriptor is borrowed until this returns. Once a stop is requested, every
/// read of a part throws Error(stopped). Throws BadFile(broken_xlsx) when the file is no whole archive,
/// BadFile(too_expanded) when it lists more parts than any workbook has.
std::unique_ptr<XlsxParts> open_archive(int fd, const XlsxLimits& limits, std::stop_token stop = {});

/// The refusal of a workbook that cannot be read; `why` is a clause such as "its sheet ends in mid-air".
[[noreturn]] void refuse_broken(const std::string& why);

} // namespace bookshop
