#include "apps/bookshop/reading/text_source.hpp"

#include "apps/bookshop/reading/bad_file.hpp"
#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/encoding.hpp"

#include <cstdint>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace bookshop {
namespace {

class ConvertedText final : public ByteReader {
public:
    ConvertedText(std::unique_ptr<ByteReader> file, const Encoding& encoding)
        : file_(std::move(file)), name_(encoding.name), offset_(encoding.mark),
          converter_(::iconv_open("UTF-8", name_.c_str())) {
        if (converter_ == reinterpret_cast<iconv_t>(-1))
            throw BadFile("bad_encoding",
                          "this text is in " + name_ + ", which cannot be read here; save it as UTF-8");
    }
    ConvertedText(const ConvertedText&) = delete;
    ConvertedText& operator=(const ConvertedText&) = delete;
    ~ConvertedText() override { ::iconv_close(converter_); }

    std::size_t read(std::span<char> into) override {
        while (ready_.empty() && !ended_) convert();
        std::size_t size = std::min(into.size(), ready_.size());
        std::memcpy(into.data(), ready_.data(), size);
        ready_.remove_prefix(size);
        return size;
    }

    std::uint64_t position() const override { return file_->position(); }

private:
    /// Brings the next piece of the file behind what is left of the last one, and converts as much as there
    /// is room for.
    void convert() {
        std::size_t got = file_->read(std::span(in_).subspan(left_));
        char* from = in_.data();
        std::size_t from_size = left_ + got;
        char* to = out_.data();
        std::size_t to_size = out_.size();
        // At the end of the file: gives what the converter has kept back.
        std::size_t result = got == 0 && left_ == 0 ? ::iconv(converter_, nullptr, nullptr, &to, &to_size)
                                                    : ::iconv(converter_, &from, &from_size, &to, &to_size);
        ended_ = got == 0 && left_ == 0;
        offset_ += static_cast<std::uint64_t>(from - in_.data());
        bool wrong =
            result == static_cast<std::size_t>(-1) && (errno == EILSEQ || (errno == EINVAL && got == 0));
        if (wrong) refuse_encoding(name_, offset_);
        left_ = ended_ ? 0 : from_size;
        std::memmove(in_.data(), from, left_);
        ready_ = {out_.data(), static_cast<std::size_t>(to - out_.data())};
    }

    std::unique_ptr<ByteReader> file_;
    std::string name_;
    std::uint64_t offset_; // of the file's byte that in_ begins with
    iconv_t converter_;
    std::array<char, 64 << 10> in_;
    std::size_t left_ = 0; // bytes at the front of in_ that are not yet converted
    std::array<char, 64 << 10> out_;
    std::string_view ready_; // of out_, to be given out
    bool ended_ = false;
};

void skip(ByteReader& file, std::size_t size) {
    for (std::array<char, 4> mark; size > 0;) {
        std::size_t got = file.read(std::span(mark).first(size));
        if (got == 0) return;
        size -= got;
    }
}

} // namespace

std::unique_ptr<ByteReader> open_text(std::unique_ptr<ByteReader> file, const Encoding& encoding) {
    skip(*file, encoding.mark);
    if (encoding.name == "UTF-8") return file;
    return std::make_unique<ConvertedText>(std::move(file), encoding);
}

} // namespace bookshop
