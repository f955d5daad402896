// For tests: a client that says exactly what it is told to, byte by byte, and reads what comes back.
// One thread. Reading gives up after 30 s, so that a test fails rather than hangs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace offstage::web {

/// An answer taken apart. Status 0: the connection ended before there was one.
struct Answer {
    int status = 0;
    std::string head; ///< status line and headers
    std::string body;
    bool whole = false; ///< its end was seen, by length or last chunk

    /// The value of a header, empty where there is none.
    std::string header(std::string_view name) const;
};

class TestClient {
public:
    /// Connects to 127.0.0.1. `receive_buffer`: bytes that the kernel keeps for us, 0 for its own choice.
    explicit TestClient(std::uint16_t port, int receive_buffer = 0);
    ~TestClient() { close(); }
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;

    /// False when the server has closed.
    bool send(std::string_view bytes);
    /// `GET /path` with Host, and further header lines, each with its line end.
    void get(std::string_view path, std::string_view headers = {});
    void post(std::string_view path, std::string_view body, std::string_view headers = {});
    Answer read(bool head_only = false);
    /// Reads until `text` has come; what came, or all there was when the server closed before.
    std::string read_until(std::string_view text);
    /// Reads and drops what comes until the server closes. True for an end, false for a reset.
    bool ended();
    /// True when something can be read, or the server has closed, within `milliseconds`.
    bool readable(int milliseconds) const;
    /// Waits, reading nothing, until the server has reset the connection; false after 30 s.
    bool hangs_up() const;
    /// Says that we send no more.
    void half_close();
    void close();

private:
    bool more();
    bool take_until(std::string& to, std::string_view text);
    bool take(std::string& to, std::size_t size);

    int fd_ = -1;
    std::string input_;
    bool reset_ = false;
};

} // namespace offstage::web
