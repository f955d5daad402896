// A folder of a test's own, gone at its end.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace bookshop {

class TestFolder {
public:
    TestFolder();
    ~TestFolder();
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }
    /// Writes a file of that name and gives its path.
    std::string write(std::string_view name, std::string_view content) const;

private:
    std::filesystem::path path_;
};

} // namespace bookshop
