// What running executions need from the services around them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/execution.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/payload.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

#include "asl/resource.hpp"
#include "flow/sdk_metadata.hpp"

namespace stepwell::flow {

/// A waiting task: who answers it names it by this. Wins or loses like a task token, but never
/// leaves the process.
struct TaskAddress {
    std::uint32_t shard = 0;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    std::uint64_t execution = 0;
};

/// What a Task state asks a service to do.
struct TaskCall {
    const asl::Resource& resource;
    const Payload& parameters;
    TaskAddress address;
    std::string_view token;  ///< what `$$.Task.Token` gave; empty unless the task waits for a token
    std::string_view role_arn;
    std::string_view request_id;  ///< the same when the call is made again after a crash
    std::optional<std::int64_t> timeout_seconds;
    std::optional<std::int64_t> heartbeat_seconds;
};

/// An answer that is there at once, from a service in this process.
struct ServiceReply {
    ServiceReply(TaskAnswer a) : answer(std::move(a)) {}
    ServiceReply(Payload output) : answer(std::move(output)) {}
    ServiceReply(TaskFailure failure) : answer(std::move(failure)) {}

    TaskAnswer answer;
    /// Where the output has the reply's metadata, so that the history need not look for it; the
    /// views point into the output.
    KnownMetadata metadata = std::nullopt;
};

/// A job that a .sync task has begun and waits for.
struct BegunJob {
    const asl::Resource& resource;
    TaskAddress address;
    std::string_view request_id;  ///< of the call that began it
    const Payload& response;      ///< what the service answered to it
};

/// The services as tasks see them.
class TaskPort {
 public:
    virtual ~TaskPort() = default;

    /// False when AWS has no such integration: the state machine is refused, naming the resource.
    /// What AWS has and nobody here runs is known; its tasks fail when they start.
    virtual bool knows(const asl::Resource& resource) const = 0;

    /// Starts the task, on the thread of the execution's shard, as part of its atomic step: a
    /// service in this process puts its changes into `effects`, so that they become durable
    /// together with the execution's own.
    ///
    /// returns  the answer when there is one already (an error, a message sent, a topic published);
    /// for
    ///          .waitForTaskToken this is the service's response, the task's result comes with the
    ///          token. Nothing when it comes later, through Executions::answer_task(call.address,
    ///          ...). What goes out of the process, goes in effects.when_durable.
    /// threads  the shard's; must not block. The call's views end with it.
    virtual std::optional<ServiceReply> start(Effects& effects, const TaskCall& call) = 0;

    /// Answers the task with the job's result once the job is over, through answer_task. Called
    /// when the history has the service's response, and again after a restart.
    ///
    /// threads  as start
    virtual void follow(Effects& effects, const BegunJob& job) = 0;

    /// Ends the job that the call `request_id` has begun: nobody waits for it any more. `effects`
    /// hold the task's end; the job's end may come later, as flow/jobs.cpp keeps it in mind until
    /// then.
    ///
    /// threads  as start
    virtual void abandon(Effects& effects, std::string_view request_id, std::string_view cause) = 0;
};

struct ObjectName {
    std::string bucket;
    std::string key;
};
struct ListObjectsRequest {
    std::string bucket;
    std::string prefix;
    std::uint64_t objects_max = 0;  ///< 0: all
};
struct ListedObject {
    std::string etag;
    std::string key;
    TimePoint last_modified{};
    std::uint64_t size = 0;
    std::string storage_class = "STANDARD";
};

/// Where a distributed Map's ItemReader finds its objects, and its ResultWriter puts them: S3, or
/// what stands in for it.
///
/// An error's message becomes the cause of States.ItemReaderFailed or States.ResultWriterFailed: in
/// S3's words.
class ObjectPort {
 public:
    virtual ~ObjectPort() = default;

    // Each calls `done` once, on any thread, at once or later; and does not block.

    /// The whole object.
    virtual void get_object(ObjectName name, UniqueFunction<void(Result<std::string>)> done) = 0;
    /// All objects whose keys start with the prefix, ordered by key; as many as are wanted.
    virtual void list_objects(ListObjectsRequest request,
                              UniqueFunction<void(Result<std::vector<ListedObject>>)> done) = 0;
    /// Replaces an object of that name.
    virtual void put_object(ObjectName name, std::string content,
                            UniqueFunction<void(Result<>)> done) = 0;
};

}  // namespace stepwell::flow
