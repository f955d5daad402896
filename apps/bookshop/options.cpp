#include "apps/bookshop/options.hpp"

#include "apps/bookshop/terminal_text.hpp"

#include <CLI/CLI.hpp>
#include <toml++/toml.h>

#include <charconv>
#include <istream>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

namespace bookshop {

namespace {

/// Lets CLI11 read TOML with toml++, so that a fault in the file is told with its line.
class TomlConfig final : public CLI::Config {
public:
    explicit TomlConfig(const CLI::App& app) : app_(app) {}

    std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }

    std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
        std::vector<CLI::ConfigItem> found;
        try {
            for (const auto& [key, node] : toml::parse(input))
                if (auto one = read(std::string(key.str()), node); !one.inputs.empty())
                    found.push_back(std::move(one));
        } catch (const toml::parse_error& error) {
            std::ostringstream where;
            where << "line " << error.source().begin.line << ", column " << error.source().begin.column;
            throw CLI::FileError("the configuration file, " + where.str() + ": " +
                                 std::string(error.description()));
        }
        return found;
    }

private:
    CLI::ConfigItem read(std::string key, const toml::node& node) const {
        const CLI::Option* const option = app_.get_option_no_throw("--" + key);
        if (!option) throw CLI::FileError("the configuration file: there is no option " + key);
        const std::string type = option->get_type_name();
        const bool takes_number = type.starts_with("INT") || type.starts_with("UINT");
        const bool takes_several = option->get_expected_max() > 1;
        const auto add = [&](std::vector<std::string>& to, const toml::node& value) {
            const auto text = value.value_exact<std::string>();
            const auto number = value.value_exact<std::int64_t>();
            if (!text && !(number && takes_number)) refuse(key, node, takes_number, takes_several);
            to.push_back(text ? *text : std::to_string(*number));
        };
        CLI::ConfigItem one;
        one.name = key;
        if (const toml::array* const several = takes_several ? node.as_array() : nullptr)
            for (const toml::node& value : *several) add(one.inputs, value);
        else
            add(one.inputs, node);
        return one;
    }

    [[noreturn]] static void refuse(const std::string& key, const toml::node& node, bool number,
                                    bool several) {
        throw CLI::FileError("the configuration file, line " + std::to_string(node.source().begin.line) +
                             ": " + key + " should be " +
                             (number    ? "a whole number, or a text in quotes"
                              : several ? "a text in quotes, or several as [\"a\", \"b\"]"
                                        : "a text in quotes"));
    }

    const CLI::App& app_;
};

/// Reads HOST:PORT; gives what is wrong with it, or an empty text.
std::string read_listen(const std::string& text, Options& options) {
    const auto colon = text.rfind(':');
    std::string host = text.substr(0, std::min(colon, text.size()));
    const std::string port = colon == text.npos ? "" : text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.listen_port);
    if (host.empty() || port.empty() || error != std::errc() || end != port.data() + port.size())
        return "must be HOST:PORT, such as 127.0.0.1:8000";
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    options.listen_address = host;
    return "";
}

/// Reads "500MB" as a number of bytes; refuses what no disk has, and 0, which would take no file at all.
CLI::Validator size_of_bytes() {
    const CLI::AsSizeValue read(false);
    return CLI::Validator(
        [read](std::string& text) -> std::string {
            const std::string given = text;
            std::string fault = given.starts_with('-') ? "is negative" : read(text);
            if (!fault.empty()) return fault;
            std::uint64_t bytes = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
            if (error != std::errc() || end != text.data() + text.size() || bytes == 0 ||
                bytes > (std::uint64_t{1} << 60))
                return given + " is no size from 1 byte to 1 EB, such as 500MB";
            return "";
        },
        "SIZE");
}

bool is_loopback(const std::string& address) {
    return address.starts_with("127.") || address == "::1";
}

constexpr auto shops_own = "Options of the shop";

} // namespace

std::variant<Options, int> read_options(int argc, const char* const* argv) {
    Options options;
    CLI::App app{"A shop that takes its books as files: every row is checked, and imported exactly once."};
    app.name("bookshop");
    app.config_formatter(std::make_shared<TomlConfig>(app));
    app.allow_config_extras(CLI::config_extras_mode::error);
    app.option_defaults()->group(shops_own);
    app.set_config("--config", "", "A TOML file with these options");

    const auto listen = [&options](const std::string& text) { return read_listen(text, options); };
    std::string listen_text;
    app.add_option("--listen", listen_text,
                   "HOST:PORT to listen on; port 0 takes a free one [127.0.0.1:8000]")
        ->check(CLI::Validator(listen, "HOST:PORT"));
    app.add_option(
           "--token-file", options.token_file,
           "Who may come: lines of name, role (read, work, admin) and secret; needed to listen beyond this "
           "machine. `import` shows the first that may work to a shop that is open")
        ->check(CLI::ExistingFile);
    app.add_option("--hostname", options.hostnames,
                   "A name that browsers call the shop by, beside its addresses");
    app.add_option("--database", options.database, "sqlite:FILE [books.db in the data folder]")
        ->check(CLI::Validator(
            [](const std::string& text) {
                return text.starts_with("sqlite:") && text.size() > 7 ? "" : "must be sqlite:FILE";
            },
            "sqlite:FILE"));
    app.add_option("--data-dir", options.data_dir, "Folder for uploads under way [data]");
    app.add_option("--workers", options.workers, "Imports at once [2]")->check(CLI::Range(1, 64));
    app.add_option("--max-upload", options.max_upload,
                   "Largest file that is taken, in bytes or as 500MB [2GB]")
        ->transform(size_of_bytes());
    app.add_option("--max-spool", options.max_spool, "All files that wait for their import together [10GB]")
        ->transform(size_of_bytes());
    app.add_option("--sample", options.sample, "A file to name when the shop opens")->group("");

    CLI::App* serve = app.add_subcommand("serve", "Open the shop: page, API and imports (the default)");
    CLI::App* import = app.add_subcommand("import", "Import one file and show how it goes");
    import->add_option("FILE", options.file, "A CSV or XLSX file of books")->required();
    import->add_option("--sheet", options.sheet, "Of a workbook [the first that is not hidden]");
    import->add_flag("--again", options.again,
                     "Also where the same content was imported within the last hour");
    for (CLI::App* command : {serve, import}) {
        command->fallthrough();
        command->footer([&shop = std::as_const(app)] {
            return CLI::Formatter().make_group(
                shops_own, false,
                shop.get_options([](const CLI::Option* option) { return option->get_group() == shops_own; }));
        });
    }
    app.require_subcommand(0, 1);
    app.failure_message([](const CLI::App*, const CLI::Error& error) {
        return for_terminal(error.what()) + "\nRun with --help for more information.\n";
    });

    try {
        app.parse(argc, argv);
        if (options.token_file.empty() && !is_loopback(options.listen_address))
            throw CLI::ValidationError(
                "--listen " + listen_text,
                "whoever reaches the shop may change it: give --token-file FILE with who "
                "may come, or listen on 127.0.0.1");
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (import->parsed()) options.command = Options::Command::import_file;
    if (options.database.empty()) options.database = "sqlite:" + (options.data_dir / "books.db").string();
    return options;
}

} // namespace bookshop
