// What one XLSX file may cost. A workbook is a ZIP archive, so a small file may ask for any amount of memory
// and time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bookshop {

struct XlsxLimits {
    std::uint64_t part_bytes = std::uint64_t{2} << 30;        ///< of a sheet or string table, inflated
    std::uint64_t small_part_bytes = std::uint64_t{64} << 20; ///< of any other part, inflated
    std::uint64_t ratio = 300; ///< inflated to packed size, once a part is past 16 MiB
    std::uint64_t header_bytes = std::uint64_t{16} << 20; ///< of a sheet, inflated, up to its header
    std::uint64_t header_rows = 10'000;                   ///< of which one must be the header
    std::uint64_t rows = std::uint64_t{1} << 20;          ///< of a sheet, blank or not: as many as Excel's
    std::uint64_t header_strings = std::uint64_t{512}
                                   << 20;              ///< of a string table, inflated, up to the header's
    std::size_t string_bytes = std::size_t{256} << 20; ///< of the string table in memory; less than 4 GiB
    std::size_t markup_bytes = std::size_t{1} << 20;   ///< of XML that tells nothing, such as one tag
};

} // namespace bookshop
