// All buckets and objects of one data directory.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "object/bodies.hpp"
#include "object/conditions.hpp"
#include "object/listing.hpp"
#include "object/object.hpp"
#include "object/unapplied_objects.hpp"
#include "object/workers.hpp"

namespace stepwell::object {

struct PutInput {
    ObjectName name;
    Attributes attributes = {};
    Incoming incoming = {};
    Integrity integrity = {};
    WriteConditions conditions = {};
};

/// A part of an object: of all its parts one after the other, or one of them.
struct CopySource {
    Object object;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct NewUpload {
    ObjectName name;
    Attributes attributes = {};
    std::optional<ChecksumAlgorithm> algorithm = {};
    ChecksumType checksum_type = ChecksumType::full_object;
};
struct UploadName {
    ObjectName name;
    std::string id;
};
struct CompletedPart {
    std::uint16_t number = 0;
    std::string etag = {};
};

/// Finds, makes and deletes buckets and objects.
///
/// Changes answer once they are durable and reads see them. A body is hashed, and written if it is
/// large, on a worker; everything else is done on the caller's thread.
///
/// errors   S3's, with its texts: NoSuchBucket, NoSuchKey, ...
/// threads  any, after `recover`; nothing blocks but `recover`, `stop` and where it says so
class Objects {
 public:
    /// What it is given outlives this object.
    Objects(Bodies::Options options, std::string region, Clock& clock, Storage& storage);
    ~Objects() { stop(); }
    Objects(const Objects&) = delete;
    Objects& operator=(const Objects&) = delete;

    /// Loads buckets and uploads; called once, before everything else.
    /// errors   SystemFailure: a stored record is damaged
    Result<> recover();
    /// Ends what is under way: afterwards nobody is answered any more.
    void stop();

    /// errors   InvalidBucketName; BucketAlreadyOwnedByYou, but in us-east-1
    void create_bucket(std::string name, std::string region, Completion<> done);
    /// errors   BucketNotEmpty
    void delete_bucket(std::string_view name, Completion<> done);
    void set_bucket_tags(std::string_view name, TextMap tags, Completion<> done);
    Result<Bucket> bucket(std::string_view name) const;
    std::vector<Bucket> buckets() const;

    /// errors   BadDigest, EntityTooLarge, KeyTooLongError, PreconditionFailed
    void put_object(PutInput input, Completion<Object> done);
    /// Puts an object with the content of another.
    void copy_object(PutInput input, CopySource source, Completion<Object> done);
    /// Succeeds for objects that are not there.
    void delete_objects(std::string bucket, std::vector<std::string> keys, Completion<> done);
    void set_object_tags(ObjectName name, TextMap tags, Completion<> done);

    Result<Object> find_object(const ObjectName& name) const;
    /// Opens what an object holds; an object that was replaced since it was found is
    /// InternalError.
    Result<Content> open(const Object& object, std::uint64_t offset, std::uint64_t size) const;

    /// Scans on a worker.
    void list_objects(ListInput input, Completion<ListOutput> done);
    /// Runs `job`, which may block, on a worker.
    void run_on_worker(UniqueFunction<void()> job) { workers_->run(std::move(job)); }

    void create_upload(NewUpload input, Completion<Upload> done);
    void upload_part(UploadName upload, std::uint16_t number, Incoming incoming,
                     Integrity integrity, Completion<Part> done);
    void upload_part_copy(UploadName upload, std::uint16_t number, CopySource source,
                          Completion<Part> done);
    /// errors   InvalidPart, InvalidPartOrder, EntityTooSmall, NoSuchUpload
    void complete_upload(UploadName upload, std::vector<CompletedPart> parts,
                         WriteConditions conditions, Completion<Object> done);
    void abort_upload(UploadName upload, Completion<> done);
    Result<Upload> upload(const UploadName& name) const;
    /// Of a bucket, by key and then by time.
    Result<std::vector<Upload>> uploads(std::string_view bucket) const;

 private:
    using Buckets = std::map<std::string, Bucket, std::less<>>;

    /// One change on its way into a commit.
    struct Step {
        Effects effects;
        std::vector<std::string> objects;  // keys of the objects that it changes
    };
    /// Commits what `decide(Step&)` has put together, or answers with its error.
    template <class T, class Decide>
    void change(Completion<T> done, Decide decide);

    // With mutex_ held:
    Result<> check_bucket(std::string_view name) const;
    std::optional<Object> current(const ObjectName& name) const;
    Result<const Upload*> find_upload(const UploadName& name) const;
    bool is_empty(std::string_view bucket) const;
    void put(Step& step, const ObjectName& name, const Object& object);
    void erase_bodies(Step& step, const std::vector<Part>& parts);

    Result<> load(std::string_view key, std::string_view bytes);
    Result<> check_put(const PutInput& input) const;
    void store_object(PutInput input, Bodies::Placed placed, Completion<Object> done);
    void store_part(UploadName upload, std::uint16_t number, Bodies::Placed placed,
                    Completion<Part> done);
    /// Places what is what the caller says; may block.
    Result<Bodies::Placed> place(Incoming incoming, const Integrity& integrity);
    void place_object(PutInput input, Completion<Object> done);
    void place_part(UploadName upload, std::uint16_t number, Incoming incoming,
                    const Integrity& integrity, Completion<Part> done);
    Result<Incoming> copy_of(const CopySource& source) const;
    Result<ChecksumAlgorithm> part_algorithm(const UploadName& upload,
                                             const Integrity& integrity) const;

    // Immutable.
    const std::string region_;
    Clock& clock_;
    Storage& storage_;
    const std::shared_ptr<Workers> workers_;
    Bodies bodies_;

    // Invariants
    //  (1) What is here is what all commits so far have stored: a commit is made while mutex_ is
    //  held, so commits have the order of the changes.
    //  (2) An object that a commit has changed and that reads do not see yet is in unapplied_.
    mutable std::mutex mutex_;
    bool is_stopped_ = false;
    Buckets buckets_;
    std::map<std::string, Upload, std::less<>> uploads_;  // by id
    const std::shared_ptr<UnappliedObjects> unapplied_ = std::make_shared<UnappliedObjects>();
};

template <class T, class Decide>
void Objects::change(Completion<T> done, Decide decide) {
    Step step;
    std::unique_lock lock(mutex_);
    if (is_stopped_) return;
    Result<T> answer = decide(step);
    if (!answer.has_value()) {
        lock.unlock();
        return done(std::move(answer));
    }
    const JournalSequence sequence = storage_.commit(std::move(step.effects));
    lock.unlock();
    storage_.when_applied(sequence, [unapplied = unapplied_, keys = std::move(step.objects),
                                     answer = std::move(answer), done = std::move(done)]() mutable {
        for (const std::string& key : keys) unapplied->applied(key);
        done(std::move(answer));
    });
}

}  // namespace stepwell::object
