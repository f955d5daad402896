#include "offstage/web/page/mount.hpp"

#include "offstage/stores/sqlite/sqlite_store.hpp"
#include "offstage/stores/sqlite/testing/folder.hpp"
#include "offstage/web/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <set>
#include <string>

namespace offstage::web {
namespace {

using testing::HasSubstr;
using testing::Not;

class Mounted : public testing::Test {
protected:
    Mounted() { mount(router, *store, registry, {.program = "Shop", .home = "/"}); }

    Response get(std::string_view target) { return router.handle(Request::make(Method::get, target)); }
    /// What stands in quotes after one of the words in a file of the page.
    std::set<std::string> named(std::string_view file, std::initializer_list<std::string_view> words) {
        const Response response = get("/offstage/" + std::string(file));
        std::set<std::string> names;
        for (const std::string_view word : words) {
            std::string_view text = response.text();
            for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word)) {
                text.remove_prefix(at + word.size());
                if (text.starts_with(' ')) text.remove_prefix(1);
                if (!text.starts_with('"') && !text.starts_with('\'')) continue;
                names.emplace(text.substr(1, text.find(text.front(), 1) - 1));
            }
        }
        return names;
    }

    stores::testing::Folder folder;
    std::unique_ptr<stores::Store> store = stores::open_sqlite(folder.file("jobs.db"));
    jobs::Registry registry;
    Router router;
};

TEST_F(Mounted, ThePageIsAtTheMountPointAndNeedsItsSlash) {
    const Response page = get("/offstage/");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.headers.get("Content-Type"), "text/html; charset=utf-8");
    const Response without = get("/offstage");
    EXPECT_EQ(without.status, 303);
    EXPECT_EQ(without.headers.get("Location"), "offstage/");
}

TEST_F(Mounted, EverythingThatItsFilesNameIsServed) {
    std::set<std::string> todo = named("", {"href=", "src="});
    EXPECT_TRUE(todo.contains("app.js"));
    std::set<std::string> done;
    while (!todo.empty()) {
        const std::string file = *todo.begin();
        todo.erase(todo.begin());
        if (!done.insert(file).second) continue;
        EXPECT_EQ(get("/offstage/" + file).status, 200) << file;
        const std::string beside =
            file.substr(0, file.find('/') == std::string::npos ? 0 : file.find('/') + 1);
        for (const std::string& import : named(file, {"from", "import"}))
            if (import.starts_with("./")) todo.insert(beside + import.substr(2));
    }
    EXPECT_TRUE(done.contains("vendor/signals-core.js"));
}

TEST_F(Mounted, NothingComesFromOutsideAndNoScriptIsInline) {
    const std::string page(get("/offstage/").text());
    EXPECT_THAT(page, Not(HasSubstr("//")));
    EXPECT_THAT(page, Not(HasSubstr("<style")));
    EXPECT_THAT(page, Not(HasSubstr("style=")));
    EXPECT_THAT(page, Not(testing::ContainsRegex("<script[^>]*>[^<]")));
}

TEST_F(Mounted, TheApiIsBesideIt) {
    EXPECT_EQ(get("/offstage/v1/queues").status, 200);
    EXPECT_EQ(get("/offstage/healthz").status, 200);
    EXPECT_EQ(get("/offstage/v1/openapi.json").status, 200);
    EXPECT_EQ(get("/offstage/nothing.js").status, 404);
    EXPECT_EQ(get("/").status, 404) << "the rest is the program's";
}

TEST_F(Mounted, ThePageIsToldWhoseItIs) {
    EXPECT_EQ(get("/offstage/program.json").text(),
              R"({"program":"Shop","home":"/","user":"","role":"admin"})");
    Request alice = Request::make(Method::get, "/offstage/program.json");
    alice.user = "alice";
    alice.role = Role::work;
    EXPECT_THAT(router.handle(alice).read_all(), HasSubstr(R"("user":"alice","role":"work")"));
}

TEST_F(Mounted, ItMayBeTheWholeServer) {
    Router whole;
    mount(whole, *store, registry, {.at = "/"});
    EXPECT_EQ(whole.handle(Request::make(Method::get, "/")).status, 200);
    EXPECT_EQ(whole.handle(Request::make(Method::get, "/v1/queues")).status, 200);
}

TEST_F(Mounted, EachRouteHasItsRole) {
    const Access access({{"ro", Role::read, "read-read-read-read-read"},
                         {"wo", Role::work, "work-work-work-work-work"},
                         {"ad", Role::admin, "admin-admin-admin-admin-"}});
    const auto may = [&](std::string_view secret, Method method, std::string_view target) {
        Request request = Request::make(method, target);
        request.headers.set("Authorization", "Bearer " + std::string(secret));
        const auto resolved = router.resolve(request);
        return !access.check(request, std::get<const Route*>(resolved)->role(), {});
    };
    const struct {
        Method method;
        std::string_view target;
        bool read, work;
    } table[] = {{Method::get, "/offstage/", true, true},
                 {Method::get, "/offstage/app.js", true, true},
                 {Method::get, "/offstage/v1/jobs", true, true},
                 {Method::get, "/offstage/v1/events", true, true},
                 {Method::post, "/offstage/v1/jobs", false, true},
                 {Method::post, "/offstage/v1/leases", false, true},
                 {Method::post, "/offstage/v1/leases/1-1/ack", false, true},
                 {Method::post, "/offstage/v1/jobs/1/cancel", false, false},
                 {Method::post, "/offstage/v1/jobs/delete", false, false},
                 {Method::post, "/offstage/v1/queues/mail/pause", false, false}};
    for (const auto& [method, target, read, work] : table) {
        EXPECT_EQ(may("read-read-read-read-read", method, target), read) << target;
        EXPECT_EQ(may("work-work-work-work-work", method, target), work) << target;
        EXPECT_TRUE(may("admin-admin-admin-admin-", method, target)) << target;
    }
}

} // namespace
} // namespace offstage::web
