#include "offstage/stores/conformance/conformance.hpp"

namespace offstage::stores::conformance {

std::vector<JobId> StoreConformance::enqueue_many(int count, const NewJob& job) {
    const std::vector<NewJob> jobs(static_cast<std::size_t>(count), job);
    std::vector<JobId> ids;
    for (const Enqueued& one : store->enqueue(jobs)) ids.push_back(one.id);
    return ids;
}

void StoreConformance::ask(ClaimRequest request, Answers<ClaimAnswer>& answers) {
    store->claim(std::move(request), [&answers](std::vector<ClaimedJob> jobs, std::exception_ptr error) {
        answers.add({std::move(jobs), std::move(error)});
    });
}

std::vector<ClaimedJob> StoreConformance::claim(WorkerId worker, int max, std::string queue) {
    Answers<ClaimAnswer> answers;
    ask({.worker = worker, .shares = {{std::move(queue), max}}, .may_take_suspect = true}, answers);
    ClaimAnswer answer = answers.next();
    if (answer.error) std::rethrow_exception(answer.error);
    return std::move(answer.jobs);
}

ClaimedJob StoreConformance::claim_one(WorkerId worker, std::string queue) {
    auto jobs = claim(worker, 1, std::move(queue));
    if (jobs.size() != 1) throw std::runtime_error("not one job was claimed");
    return std::move(jobs.front());
}

std::vector<JobId> StoreConformance::acknowledge(std::vector<Outcome> outcomes) {
    Answers<AcknowledgeAnswer> answers;
    store->acknowledge(std::move(outcomes), [&](std::vector<JobId> refused, std::exception_ptr error) {
        answers.add({std::move(refused), std::move(error)});
    });
    AcknowledgeAnswer answer = answers.next();
    if (answer.error) std::rethrow_exception(answer.error);
    return std::move(answer.refused);
}

void StoreConformance::run(WorkerId worker, Outcome outcome) {
    const ClaimedJob job = claim_one(worker);
    outcome.id = job.id;
    outcome.lease = job.lease;
    ASSERT_TRUE(acknowledge({outcome}).empty());
}

JobRecord StoreConformance::find(JobId id) {
    auto job = store->find(id);
    if (!job) throw std::runtime_error("job " + std::to_string(id.value) + " is not there");
    return std::move(*job);
}

QueueCounts StoreConformance::counts(std::string_view queue) {
    for (auto& entry : store->queues())
        if (entry.queue == queue) return entry;
    return {.queue = std::string(queue)};
}

} // namespace offstage::stores::conformance
