// An order and the job that mails its receipt: in one transaction, so that both are there or neither is.
#include "offstage/jobs/client.hpp"
#include "offstage/jobs/worker.hpp"
#include "offstage/stores/open.hpp"

#include <iostream>

using namespace offstage;

struct MailReceipt {
    static constexpr std::string_view kind = "mail_receipt";
    std::int64_t order = 0;
};
BOOST_DESCRIBE_STRUCT(MailReceipt, (), (order))

int main() {
    const auto store = stores::open("sqlite:shop.db");
    store->transact([](stores::Transaction& tx) {
        tx.execute_script(
            "create table if not exists orders (id integer primary key, item text, mailed integer)");
    });

    jobs::Registry kinds;
    kinds.add<MailReceipt>([](const MailReceipt& job, jobs::Context& context) {
        // The same the other way round: the row and the job's end are one transaction, however often it runs.
        context.store().transact([&](stores::Transaction& tx) {
            tx.execute("update orders set mailed = mailed + 1 where id = ?1", job.order);
            context.complete_in(tx);
        });
    });
    Runtime runtime;
    jobs::Worker worker{*store, kinds, runtime, {}};
    jobs::Client client{*store};

    const auto order = [&](std::string_view item, bool card_is_good) {
        jobs::JobId id;
        try {
            store->transact([&](stores::Transaction& tx) {
                tx.execute("insert into orders (item, mailed) values (?1, 0)", item);
                id = client.enqueue(tx, MailReceipt{tx.last_insert_id()}).id;
                if (!card_is_good) throw std::runtime_error("the card was refused"); // takes both back
            });
            client.wait(id);
        } catch (const std::runtime_error& error) {
            std::cout << item << ": " << error.what() << "\n";
        }
    };
    order("a book", true);
    order("a yacht", false);

    store->read([](stores::Session& session) {
        auto rows = session.query("select item, mailed from orders");
        while (rows.next()) std::cout << rows.text(0) << ": mailed " << rows.integer(1) << " times\n";
    });
    for (const auto& queue : store->queues())
        std::cout << queue.queue << ": " << queue.done << " done, " << queue.ready << " ready\n";
}
