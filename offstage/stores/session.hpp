// SQL of the application's own, beside the jobs: statements, and rows that come back.
//
//   tx.execute("insert into orders(customer, total) values (?1, ?2)", customer, total);
//   auto rows = session.query("select id, total from orders where customer = ?1", customer);
//   while (rows.next()) use(rows.integer(0), rows.text(1));
//
// The SQL is the driver's dialect; values are always bound, never pasted. A session belongs to the thread and
// the call that got it; nothing of it may be kept. Errors are Error(io | full | corrupt | invalid_argument)
// with the driver's words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace offstage::stores {

/// A prepared statement. Parameters count from 1, columns from 0. Texts are copied by bind only if `step`
/// needs them later: they must live until the next reset.
class Statement {
public:
    virtual ~Statement() = default;
    virtual void bind_null(int parameter) = 0;
    virtual void bind(int parameter, std::int64_t value) = 0;
    virtual void bind(int parameter, double value) = 0;
    virtual void bind(int parameter, std::string_view text) = 0;
    virtual void bind_blob(int parameter, std::span<const std::byte> bytes) = 0;

    /// Runs to the next row; false: there is none, and the statement is done.
    virtual bool step() = 0;
    /// Ready to run again; bindings are cleared.
    virtual void reset() noexcept = 0;
    /// Rows that the last run inserted, updated or deleted.
    virtual std::int64_t changes() const = 0;

    virtual int columns() const = 0;
    virtual std::string_view name(int column) const = 0;
    virtual bool is_null(int column) const = 0;
    virtual std::int64_t integer(int column) const = 0;
    virtual double real(int column) const = 0;
    /// Text or bytes; valid until the next step or reset. Empty for null.
    virtual std::string_view text(int column) const = 0;

    /// Binds any supported value: integers, bool, double, texts, nullptr, and optionals of these.
    template <class T>
    void bind_any(int parameter, const T& value);
};

/// The rows of one query; resets its statement at the end of its life. Not copyable; one query of the same
/// text at a time.
class Rows {
public:
    explicit Rows(Statement& statement) : statement_(&statement) {}
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    ~Rows() { statement_->reset(); }

    bool next() { return statement_->step(); }
    int columns() const { return statement_->columns(); }
    bool is_null(int column) const { return statement_->is_null(column); }
    std::int64_t integer(int column) const { return statement_->integer(column); }
    double real(int column) const { return statement_->real(column); }
    std::string_view text(int column) const { return statement_->text(column); }
    std::string string(int column) const { return std::string(text(column)); }
    std::optional<std::int64_t> maybe_integer(int column) const {
        return is_null(column) ? std::nullopt : std::optional(integer(column));
    }

private:
    Statement* statement_;
};

/// A snapshot of the database that SQL can be run on.
class Session {
public:
    virtual ~Session() = default;

    /// A statement of this text, prepared once per connection and handed out reset. Valid while the session
    /// is.
    virtual Statement& prepare(std::string_view sql) = 0;

    /// Runs one statement to its end; gives the number of rows changed.
    template <class... Args>
    std::int64_t execute(std::string_view sql, const Args&... args) {
        Rows rows = query(sql, args...);
        while (rows.next()) {
        }
        return last_changes();
    }

    /// Starts a query; its rows come one at a time.
    template <class... Args>
    Rows query(std::string_view sql, const Args&... args) {
        Statement& statement = prepare(sql);
        int parameter = 0;
        (statement.bind_any(++parameter, args), ...);
        return Rows(statement);
    }

    /// Runs several statements that give no rows, such as a schema, separated by semicolons.
    virtual void execute_script(std::string_view sql) = 0;

    virtual std::int64_t last_insert_id() const = 0;
    /// Rows changed by the last statement of this session.
    virtual std::int64_t last_changes() const = 0;
};

template <class T>
void Statement::bind_any(int parameter, const T& value) {
    if constexpr (std::is_null_pointer_v<T>)
        bind_null(parameter); // NOLINT(bugprone-branch-clone): as an empty optional
    else if constexpr (std::is_integral_v<T>)
        bind(parameter, static_cast<std::int64_t>(value));
    else if constexpr (std::is_floating_point_v<T>)
        bind(parameter, static_cast<double>(value));
    else if constexpr (std::is_convertible_v<const T&, std::string_view>)
        bind(parameter, std::string_view(value));
    else if (value)
        bind_any(parameter, *value); // an optional
    else
        bind_null(parameter);
}

} // namespace offstage::stores
