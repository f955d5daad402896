// What a cell of a workbook says as text: numbers, dates and escapes. Thread-safe: functions of their
// arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bookshop {

/// How a number is shown, as far as it changes what it means.
struct CellFormat {
    enum Kind : std::uint8_t {
        plain,     ///< up to 15 significant digits, as in "%.15g"
        zeros,     ///< nothing but zeros ("00000"): whole numbers are filled up with zeros in front
        date,      ///< 2024-05-01
        time,      ///< 13:45:00, the time of day; hours go past 24 in a format that counts them ("[h]:mm")
        date_time, ///< 2024-05-01T13:45:00
    };
    Kind kind = plain;
    std::uint8_t width = 0; ///< of zeros
    bool counts_hours = false;
    bool operator==(const CellFormat&) const = default;
};

/// The format that a code such as "yyyy-mm-dd" asks for. Of a code's sections the first counts.
CellFormat format_of_code(std::string_view code);

/// The format of a number that has no code in the file, because every program knows it.
CellFormat format_of_id(unsigned id);

/// Appends what a number of a file is as text. `number` is as the file has it; what is no number is appended
/// as it is. Days are counted from 1900 (with the 29th of February that 1900 did not have, as spreadsheets
/// do) or from 1904.
void append_number(std::string& to, std::string_view number, CellFormat format, bool from_1904);

/// Replaces the escapes _xHHHH_ in a text where it stands, and returns how long it is then. Two that make up
/// a character beyond U+FFFF are that character; a half of one alone stays as it is written.
std::size_t unescape(char* text, std::size_t size);

} // namespace bookshop
