// Finds the next separator or the next quote in a text: the inner loop of the CSV reader.
//
// 64 bytes are looked at at a time and give two words of 64 bits, one bit a byte: separators (delimiter, CR,
// LF) and quotes. Finding the next one is then a shift and a count of zeros. The idea of such bitmaps is that
// of simdjson (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019).
//
// The text lies in [begin, end) and 64 readable bytes must follow `end`; what they hold does not matter.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace bookshop {

class CsvMarks {
public:
    static constexpr std::size_t block = 64;

    explicit CsvMarks(char delimiter) : delimiter_(delimiter) {}

    /// Looks at another text, or at the same one after it changed.
    void reset(const char* begin, const char* end) {
        end_ = end;
        load(begin);
    }

    /// The first delimiter, CR or LF at or after `from`; `end` when there is none.
    /// REQUIRES: `from` is in the text, and no earlier than any `from` since the last reset.
    const char* separator(const char* from) { return find(from, &CsvMarks::separators_); }

    /// The first quote at or after `from`, likewise.
    const char* quote(const char* from) { return find(from, &CsvMarks::quotes_); }

private:
    const char* find(const char* from, std::uint64_t CsvMarks::* marks) {
        if (from - at_ >= static_cast<std::ptrdiff_t>(block)) load(from);
        std::uint64_t found = this->*marks & (~std::uint64_t{0} << (from - at_));
        while (found == 0) {
            if (end_ - at_ <= static_cast<std::ptrdiff_t>(block)) return end_;
            load(at_ + block);
            found = this->*marks;
        }
        const char* place = at_ + std::countr_zero(found);
        return place < end_ ? place : end_;
    }

    void load(const char* at);

    char delimiter_;
    const char* at_ = nullptr; // of the block whose marks these are
    const char* end_ = nullptr;
    std::uint64_t separators_ = 0;
    std::uint64_t quotes_ = 0;
};

#ifdef __SSE2__ // part of every x86-64
inline void CsvMarks::load(const char* at) {
    const __m128i delimiter = _mm_set1_epi8(delimiter_);
    const __m128i lf = _mm_set1_epi8('\n');
    const __m128i cr = _mm_set1_epi8('\r');
    const __m128i quote = _mm_set1_epi8('"');
    at_ = at;
    separators_ = 0;
    quotes_ = 0;
    for (std::size_t part = 0; part < 4; ++part) {
        __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * part));
        __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(text, lf), _mm_cmpeq_epi8(text, cr));
        __m128i separators = _mm_or_si128(ends, _mm_cmpeq_epi8(text, delimiter));
        __m128i quotes = _mm_cmpeq_epi8(text, quote);
        separators_ |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(separators))}
                       << (16 * part);
        quotes_ |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(quotes))} << (16 * part);
    }
}
#else
inline void CsvMarks::load(const char* at) {
    at_ = at;
    separators_ = 0;
    quotes_ = 0;
    for (std::size_t i = 0; i < block; ++i) {
        separators_ |= std::uint64_t{at[i] == delimiter_ || at[i] == '\n' || at[i] == '\r'} << i;
        quotes_ |= std::uint64_t{at[i] == '"'} << i;
    }
}
#endif

} // namespace bookshop
