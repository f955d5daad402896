// A workbook that is made of texts in memory. For tests and fuzzers only.
#pragma once

#include "apps/bookshop/reading/bytes.hpp"
#include "apps/bookshop/reading/xlsx_parts.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace bookshop {

class MemoryParts final : public XlsxParts {
public:
    /// The texts are borrowed by the parts that are opened, so they must outlive the reader: it owns this.
    explicit MemoryParts(std::map<std::string, std::string> parts, std::size_t chunk = SIZE_MAX)
        : parts_(std::move(parts)), chunk_(chunk) {}

    std::unique_ptr<ByteReader> open(const std::string& name, std::uint64_t) override {
        auto part = parts_.find(name);
        return part == parts_.end() ? nullptr : std::make_unique<MemoryBytes>(part->second, chunk_);
    }

    std::uint64_t size(const std::string& name) override {
        auto part = parts_.find(name);
        return part == parts_.end() ? 0 : part->second.size();
    }

private:
    std::map<std::string, std::string> parts_;
    std::size_t chunk_;
};

} // namespace bookshop
