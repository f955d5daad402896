#include "offstage/web/parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/optional.hpp>

#include <utility>

namespace offstage::web {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

/// A Beast body that appends to a string of ours, whichever it is at the moment.
struct AppendBody {
    struct value_type {
        std::string* to = nullptr;
    };
    class reader {
    public:
        template <bool is_request, class Fields>
        reader(http::header<is_request, Fields>&, value_type& value) : value_(value) {}
        void init(const boost::optional<std::uint64_t>&, boost::beast::error_code& error) { error = {}; }
        template <class Buffers>
        std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
            error = {};
            std::size_t size = 0;
            for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
                value_.to->append(static_cast<const char*>(buffer.data()), buffer.size());
                size += buffer.size();
            }
            return size;
        }
        void finish(boost::beast::error_code& error) { error = {}; }

    private:
        value_type& value_;
    };
};

[[noreturn]] void too_long() {
    throw ProtocolError(431, "The request's line and headers are longer than this server takes");
}

[[noreturn]] void fail(const boost::beast::error_code& error) {
    if (error == http::error::header_limit) too_long();
    if (error == http::error::bad_version)
        throw ProtocolError(505, "This server speaks HTTP/1.1 and HTTP/1.0");
    throw ProtocolError(400, "The request is not HTTP as it should be: " + error.message());
}

std::string text(boost::beast::string_view view) {
    return {view.data(), view.size()};
}

} // namespace

struct RequestParser::Impl {
    http::request_parser<AppendBody> parser;
    std::string nowhere; // what comes with the head goes here: nothing does, as the parser is not eager then
    Head head;
    std::size_t max_header = 0;
    std::size_t head_size = 0; // as far as it is used
    bool body_begun = false;

    /// Gives `input` to Beast; true when it wants more than it got.
    bool put(std::string_view& input) {
        boost::beast::error_code error;
        const std::size_t used = parser.put(asio::const_buffer(input.data(), input.size()), error);
        input.remove_prefix(used);
        if (error && error != http::error::need_more) fail(error);
        return error == http::error::need_more;
    }

    void read_head() {
        const auto& message = parser.get();
        head.method = text(message.method_string());
        head.target = text(message.target());
        head.http_1_0 = message.version() == 10;
        head.keep_alive = message.keep_alive();
        std::size_t hosts = 0;
        for (const auto& field : message) {
            if (field.name() == http::field::host) ++hosts;
            head.headers.add(text(field.name_string()), text(field.value()));
        }
        if (hosts > 1 || (hosts == 0 && !head.http_1_0))
            throw ProtocolError(400, "A request should have one Host header");
        if (const auto coding = head.headers.get("Transfer-Encoding")) {
            if (head.http_1_0) throw ProtocolError(400, "HTTP/1.0 has no Transfer-Encoding");
            if (!same_name(*coding, "chunked"))
                throw ProtocolError(501, "The only Transfer-Encoding that this server takes is chunked");
        }
        if (const auto expected = head.headers.get("Expect")) {
            if (!same_name(*expected, "100-continue"))
                throw ProtocolError(417, "The only Expect that this server meets is 100-continue");
            head.expects_continue = !head.http_1_0;
        }
        head.has_body = parser.chunked() || parser.content_length().value_or(0) > 0;
    }
};

RequestParser::RequestParser(std::size_t max_header) : impl_(std::make_unique<Impl>()) {
    impl_->max_header = max_header;
    impl_->parser.eager(false);
    impl_->parser.header_limit(static_cast<std::uint32_t>(max_header));
    impl_->parser.body_limit(boost::none);
    impl_->parser.get().body().to = &impl_->nowhere;
}

RequestParser::~RequestParser() = default;

bool RequestParser::parse_head(std::string_view& input) {
    const std::size_t size = input.size();
    bool more = false;
    while (!more && !impl_->parser.is_header_done()) more = input.empty() || impl_->put(input);
    // Beast holds the limit against the line and the headers, each alone, where they come in one piece.
    impl_->head_size += size - input.size();
    if (impl_->head_size > impl_->max_header) too_long();
    if (more) return false;
    impl_->read_head();
    return true;
}

const Head& RequestParser::head() const noexcept {
    return impl_->head;
}

bool RequestParser::parse_body(std::string_view& input, std::string& content) {
    // Beast expects an empty chunked body in one piece: its assertion fails at "0\r\n" and then "\r\n".
    constexpr std::string_view empty_chunked = "0\r\n\r\n";
    if (!impl_->body_begun && impl_->parser.chunked() && input.size() < empty_chunked.size() &&
        input.starts_with('0'))
        return false;
    impl_->body_begun |= !input.empty();
    impl_->parser.get().body().to = &content;
    impl_->parser.eager(true);
    while (!impl_->parser.is_done()) {
        if (input.empty() || impl_->put(input)) break;
    }
    impl_->parser.get().body().to = &impl_->nowhere;
    return impl_->parser.is_done();
}

} // namespace offstage::web
