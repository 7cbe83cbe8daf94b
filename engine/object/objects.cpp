#include "object/objects.hpp"

#include <algorithm>
#include <latch>

#include "base/errors.hpp"
#include "base/try.hpp"
#include "object/errors.hpp"
#include "object/records.hpp"

namespace stepwell::object {

namespace {

constexpr std::size_t object_tags_max = 10;
constexpr std::size_t bucket_tags_max = 50;
constexpr std::string_view forgiving_region = "us-east-1";

std::size_t metadata_bytes(const TextMap& metadata) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : metadata) bytes += name.size() + value.size();
    return bytes;
}

Error damaged(std::string_view what) {
    return Error(stepwell::errors::system_failure, std::string(what) + " is damaged");
}

}  // namespace

Objects::Objects(Bodies::Options options, std::string region, Clock& clock, Storage& storage)
    : region_(std::move(region)),
      clock_(clock),
      storage_(storage),
      workers_(std::make_shared<Workers>(clock)),
      bodies_(std::move(options), storage, workers_) {}

Result<> Objects::recover() {
    std::optional<Error> failure;
    storage_.scan(Table::control, {bucket_key_prefix},
                  [&](std::string_view, std::string_view bytes) {
                      std::optional<Bucket> bucket = decode_bucket(bytes);
                      if (!bucket.has_value()) failure = damaged("a bucket");
                      if (bucket.has_value()) buckets_.emplace(bucket->name, *bucket);
                      return bucket.has_value();
                  });
    if (failure.has_value()) return *failure;
    storage_.scan(Table::upload, {}, [&](std::string_view key, std::string_view bytes) {
        if (const Result<> loaded = load(key, bytes); !loaded.has_value()) failure = loaded.error();
        return !failure.has_value();
    });
    if (failure.has_value()) return *failure;
    return bodies_.recover();
}

// An upload stands behind its parts, for 'p' is before 'u'.
Result<> Objects::load(std::string_view key, std::string_view bytes) {
    const std::optional<UploadKey> parsed = parse_upload_key(key);
    if (!parsed.has_value()) return damaged("an upload");
    Upload& upload = uploads_[std::string(parsed->id)];
    if (parsed->part.has_value()) {
        std::optional<Part> part = decode_part(bytes);
        if (!part.has_value()) return damaged("a part of an upload");
        upload.parts[*parsed->part] = *std::move(part);
        return {};
    }
    std::optional<Upload> stored = decode_upload(bytes);
    if (!stored.has_value()) return damaged("an upload");
    stored->parts = std::move(upload.parts);
    upload = *std::move(stored);
    return {};
}

void Objects::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (is_stopped_) return;
        is_stopped_ = true;
    }
    workers_->stop();
    // What was committed before still answers.
    std::latch released(1);
    Effects effects;
    effects.when_durable([&released] { released.count_down(); });
    const JournalSequence last = storage_.commit(std::move(effects));
    released.wait();
    storage_.wait_until_applied(last);
}

Result<> Objects::check_bucket(std::string_view name) const {
    if (buckets_.contains(name)) return {};
    return errors::bucket_missing();
}

std::optional<Object> Objects::current(const ObjectName& name) const {
    const std::string key = object_key(name.bucket, name.key);
    if (auto change = unapplied_->find(key)) return *std::move(change);
    const auto stored = storage_.get(Table::object, key);
    return stored.has_value() ? decode_object(*stored) : std::nullopt;
}

void Objects::erase_bodies(Step& step, const std::vector<Part>& parts) {
    for (const Part& part : parts) bodies_.erase(step.effects, part.body);
}

void Objects::put(Step& step, const ObjectName& name, const Object& object) {
    std::string key = object_key(name.bucket, name.key);
    step.effects.put(Table::object, key, encode_object(object));
    unapplied_->add(key, object);
    step.objects.push_back(std::move(key));
}

void Objects::create_bucket(std::string name, std::string region, Completion<> done) {
    change<void>(std::move(done), [&](Step& step) -> Result<> {
        if (Result<> valid = check_bucket_name(name); !valid.has_value()) return valid;
        if (buckets_.contains(name)) {
            if (region_ == forgiving_region) return {};
            return Error(errors::bucket_already_owned,
                         "Your previous request to create the named bucket succeeded and you "
                         "already own it.");
        }
        Bucket bucket{name, region.empty() ? region_ : region, clock_.now()};
        step.effects.put(Table::control, bucket_key(name), encode_bucket(bucket));
        buckets_.emplace(name, std::move(bucket));
        return {};
    });
}

bool Objects::is_empty(std::string_view bucket) const {
    const std::string prefix = object_key(bucket, "");
    if (unapplied_->has_any(prefix)) return false;
    bool is_empty = true;
    storage_.scan(Table::object, {prefix}, [&](std::string_view key, std::string_view) {
        const auto change = unapplied_->find(key);
        is_empty = change.has_value();  // then it is deleted
        return is_empty;
    });
    return is_empty;
}

void Objects::delete_bucket(std::string_view name, Completion<> done) {
    change<void>(std::move(done), [&](Step& step) -> Result<> {
        if (Result<> there = check_bucket(name); !there.has_value()) return there;
        if (!is_empty(name))
            return Error(errors::bucket_not_empty, "The bucket you tried to delete is not empty");
        for (auto at = uploads_.begin(); at != uploads_.end();) {
            if (at->second.name.bucket != name) {
                ++at;
                continue;
            }
            for (const auto& [number, part] : at->second.parts) {
                bodies_.erase(step.effects, part.body);
                step.effects.erase(Table::upload, part_key(at->first, number));
            }
            step.effects.erase(Table::upload, upload_key(at->first));
            at = uploads_.erase(at);
        }
        step.effects.erase(Table::control, bucket_key(name));
        buckets_.erase(buckets_.find(name));
        return {};
    });
}

void Objects::set_bucket_tags(std::string_view name, TextMap tags, Completion<> done) {
    change<void>(std::move(done), [&](Step& step) -> Result<> {
        if (Result<> there = check_bucket(name); !there.has_value()) return there;
        if (Result<> valid = check_tags(tags, bucket_tags_max); !valid.has_value()) return valid;
        Bucket& bucket = buckets_.find(name)->second;
        bucket.tags = std::move(tags);
        step.effects.put(Table::control, bucket_key(name), encode_bucket(bucket));
        return {};
    });
}

Result<Bucket> Objects::bucket(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = buckets_.find(name);
    if (found == buckets_.end()) return errors::bucket_missing();
    return found->second;
}

std::vector<Bucket> Objects::buckets() const {
    const std::lock_guard lock(mutex_);
    std::vector<Bucket> all;
    for (const auto& [name, bucket] : buckets_) all.push_back(bucket);
    return all;
}

Result<> Objects::check_put(const PutInput& input) const {
    {
        const std::lock_guard lock(mutex_);
        if (Result<> there = check_bucket(input.name.bucket); !there.has_value()) return there;
    }
    if (Result<> valid = check_key(input.name.key); !valid.has_value()) return valid;
    if (metadata_bytes(input.attributes.metadata) > metadata_bytes_max)
        return Error(errors::metadata_too_large,
                     "Your metadata headers exceed the maximum allowed metadata size");
    if (input.incoming.size() > put_bytes_max)
        return Error(errors::entity_too_large,
                     "Your proposed upload exceeds the maximum allowed size");
    return check_tags(input.attributes.tags, object_tags_max);
}

void Objects::put_object(PutInput input, Completion<Object> done) {
    if (Result<> valid = check_put(input); !valid.has_value()) return done(valid.error());
    if (bodies_.is_quick(input.incoming)) return place_object(std::move(input), std::move(done));
    workers_->run([this, input = std::move(input), done = std::move(done)]() mutable {
        place_object(std::move(input), std::move(done));
    });
}

Result<Bodies::Placed> Objects::place(Incoming incoming, const Integrity& integrity) {
    SW_TRY(Bodies::Placed placed, bodies_.place(std::move(incoming), integrity.algorithm));
    const Result<> right = check_integrity(integrity, placed.part);
    if (!right.has_value()) return right.error();
    return placed;
}

void Objects::place_object(PutInput input, Completion<Object> done) {
    Result<Bodies::Placed> placed = place(std::move(input.incoming), input.integrity);
    if (!placed.has_value()) return done(placed.error());
    store_object(std::move(input), *std::move(placed), std::move(done));
}

void Objects::store_object(PutInput input, Bodies::Placed placed, Completion<Object> done) {
    change<Object>(std::move(done), [&](Step& step) -> Result<Object> {
        if (Result<> there = check_bucket(input.name.bucket); !there.has_value())
            return there.error();
        const std::optional<Object> replaced = current(input.name);
        if (Result<> met = check_conditions(input.conditions, replaced); !met.has_value())
            return met.error();
        Object object;
        object.attributes = std::move(input.attributes);
        object.etag = hex_of(placed.part.md5);
        object.checksum = placed.part.checksum;
        object.last_modified = clock_.now();
        placed.part.last_modified = object.last_modified;
        object.parts.push_back(placed.part);
        if (replaced.has_value()) erase_bodies(step, replaced->parts);
        bodies_.put(step.effects, std::move(placed));
        put(step, input.name, object);
        return object;
    });
}

Result<Incoming> Objects::copy_of(const CopySource& source) const {
    SW_TRY(const Content content, bodies_.open(source.object.parts, source.offset, source.size));
    return bodies_.copy_of(content);
}

void Objects::copy_object(PutInput input, CopySource source, Completion<Object> done) {
    if (Result<> valid = check_put(input); !valid.has_value()) return done(valid.error());
    workers_->run([this, input = std::move(input), source = std::move(source),
                   done = std::move(done)]() mutable {
        Result<Incoming> copy = copy_of(source);
        if (!copy.has_value()) return done(copy.error());
        input.incoming = *std::move(copy);
        place_object(std::move(input), std::move(done));
    });
}

void Objects::delete_objects(std::string bucket, std::vector<std::string> keys, Completion<> done) {
    change<void>(std::move(done), [&](Step& step) -> Result<> {
        if (Result<> there = check_bucket(bucket); !there.has_value()) return there;
        for (const std::string& key : keys) {
            const std::optional<Object> object = current({bucket, key});
            if (!object.has_value()) continue;
            erase_bodies(step, object->parts);
            std::string stored = object_key(bucket, key);
            step.effects.erase(Table::object, stored);
            unapplied_->add(stored, std::nullopt);
            step.objects.push_back(std::move(stored));
        }
        return {};
    });
}

void Objects::set_object_tags(ObjectName name, TextMap tags, Completion<> done) {
    change<void>(std::move(done), [&](Step& step) -> Result<> {
        if (Result<> there = check_bucket(name.bucket); !there.has_value()) return there;
        if (Result<> valid = check_tags(tags, object_tags_max); !valid.has_value()) return valid;
        std::optional<Object> object = current(name);
        if (!object.has_value()) return errors::key_missing();
        object->attributes.tags = std::move(tags);
        put(step, name, *object);
        return {};
    });
}

Result<Object> Objects::find_object(const ObjectName& name) const {
    {
        const std::lock_guard lock(mutex_);
        if (Result<> there = check_bucket(name.bucket); !there.has_value()) return there.error();
    }
    const auto stored = storage_.get(Table::object, object_key(name.bucket, name.key));
    if (!stored.has_value()) return errors::key_missing();
    std::optional<Object> object = decode_object(*stored);
    if (!object.has_value()) return errors::broken();
    return *std::move(object);
}

Result<Content> Objects::open(const Object& object, std::uint64_t offset,
                              std::uint64_t size) const {
    return bodies_.open(object.parts, offset, size);
}

void Objects::list_objects(ListInput input, Completion<ListOutput> done) {
    if (const Result<Bucket> there = bucket(input.bucket); !there.has_value())
        return done(there.error());
    workers_->run([this, input = std::move(input), done = std::move(done)]() mutable {
        done(object::list_objects(storage_, input));
    });
}

}  // namespace stepwell::object
