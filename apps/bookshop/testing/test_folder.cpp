#include "apps/bookshop/testing/test_folder.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace bookshop {

TestFolder::TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "bookshop-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed for " + name);
    path_ = name;
}

TestFolder::~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TestFolder::write(std::string_view name, std::string_view content) const {
    const auto file = path_ / name;
    std::ofstream out(file, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    if (!out) throw std::runtime_error("cannot write " + file.string());
    return file;
}

} // namespace bookshop
