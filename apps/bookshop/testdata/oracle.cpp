#include "apps/bookshop/testdata/oracle.hpp"

#include "offstage/base/error.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <ios>
#include <sstream>

#include <stdio.h>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace bookshop {

using offstage::Errc;
using offstage::Error;

std::string testdata(std::string_view name) {
    return std::string(BOOKSHOP_TESTDATA "/").append(name);
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw Error(Errc::io, "cannot read " + path);
    return std::move(text).str();
}

std::vector<std::string> ask_python(std::string_view script, std::string_view input) {
    const char* folder = std::getenv("TMPDIR");
    std::string path = std::string(folder ? folder : "/tmp") + "/bookshop_oracle_XXXXXX";
    int fd = ::mkstemp(path.data());
    if (fd < 0) throw Error(Errc::io, "cannot create " + path);
    ::close(fd);
    std::ofstream(path, std::ios::binary) << input;

    std::string command = "/usr/bin/python3 '" + testdata(script) + "' '" + path + "'";
    std::string output;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (!pipe) throw Error(Errc::io, "cannot run " + command);
    std::array<char, 65536> chunk;
    while (std::size_t got = std::fread(chunk.data(), 1, chunk.size(), pipe))
        output.append(chunk.data(), got);
    int status = ::pclose(pipe);
    ::unlink(path.c_str());
    if (status != 0)
        throw Error(Errc::io, command + " failed; it needs python3-django and python3-djangorestframework");

    std::vector<std::string> lines;
    std::istringstream text(output);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * bytes.size());
    for (char c : bytes) {
        auto byte = static_cast<unsigned char>(c);
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

} // namespace bookshop
