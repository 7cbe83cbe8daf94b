// Buckets and objects: what is written is read, also after a restart, and leaves nothing behind.
#include "object/objects.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <stepwell/testing.hpp>

#include "base/random.hpp"
#include "journal/storage.hpp"
#include "object/errors.hpp"
#include "object/store_check.hpp"

namespace stepwell::object {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t large = 3U << 20U;

/// Objects on a directory of their own.
class ObjectsTest : public testing::Test {
 protected:
    ObjectsTest() : root_(fs::temp_directory_path() / ("objects-" + make_uuid())) {
        open();
        wait<Bucket>([&](auto done) {
            objects_->create_bucket("bucket", "", [done = std::move(done)](Result<> made) mutable {
                done(made.has_value() ? Result<Bucket>(Bucket{}) : Result<Bucket>(made.error()));
            });
        });
    }
    ~ObjectsTest() override {
        close();
        fs::remove_all(root_);
    }

    void open() {
        journal::StorageOptions options;
        options.directory = root_ / "store";
        options.durability = Durability::os;
        storage_ = *journal::open_storage(std::move(options));
        objects_.emplace(Bodies::Options{files().string(), false}, "us-east-1", clock_, *storage_);
        ASSERT_TRUE(objects_->recover().has_value());
    }
    void close() {
        objects_.reset();
        storage_.reset();
    }
    void restart() {
        close();
        open();
    }

    template <class T, class Ask>
    Result<T> wait(Ask ask) {
        std::promise<Result<T>> answer;
        ask([&](Result<T> result) { answer.set_value(std::move(result)); });
        return answer.get_future().get();
    }

    Result<Object> put(PutInput input) {
        return wait<Object>(
            [&](auto done) { objects_->put_object(std::move(input), std::move(done)); });
    }
    Result<Object> put(const std::string& key, std::string content) {
        PutInput input;
        input.name = {"bucket", key};
        input.incoming.bytes = std::move(content);
        return put(std::move(input));
    }
    Result<> remove(std::vector<std::string> keys) {
        return wait<void>([&](auto done) {
            objects_->delete_objects("bucket", std::move(keys), std::move(done));
        });
    }
    Result<std::string> get(const std::string& key) {
        const Result<Object> object = objects_->find_object({"bucket", key});
        if (!object.has_value()) return object.error();
        Result<Content> content = objects_->open(*object, 0, object->size());
        if (!content.has_value()) return content.error();
        return (*std::move(content)).read();
    }
    ListOutput list(ListInput input) {
        input.bucket = "bucket";
        return *wait<ListOutput>(
            [&](auto done) { objects_->list_objects(std::move(input), std::move(done)); });
    }
    /// What the listing tells: keys, and common prefixes in angle brackets.
    std::string told(const ListOutput& listed) {
        std::string text;
        for (const ListedObject& object : listed.objects) text += object.key + " ";
        for (const std::string& prefix : listed.common_prefixes) text += "<" + prefix + "> ";
        return text + (listed.is_truncated ? "..." : "");
    }

    fs::path files() const { return root_ / "objects"; }
    std::size_t file_count() const {
        std::error_code error;
        const fs::directory_iterator all(files(), error);
        return error ? 0 : static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }
    std::uint64_t problems() { return check_objects(*storage_, files().string()).problem_count; }

    const fs::path root_;
    ManualClock clock_;
    std::unique_ptr<Storage> storage_;
    std::optional<Objects> objects_;
};

TEST_F(ObjectsTest, WhatWasPutIsThereAlsoAfterARestart) {
    EXPECT_EQ(put("small", "hello")->etag, "5d41402abc4b2a76b9719d911017c592");
    ASSERT_TRUE(put("large", std::string(large, 'x')).has_value());
    ASSERT_TRUE(put("empty", "").has_value());
    restart();
    EXPECT_EQ(*get("small"), "hello");
    EXPECT_EQ(*get("large"), std::string(large, 'x'));
    EXPECT_EQ(*get("empty"), "");
    EXPECT_EQ(file_count(), 1U);
    EXPECT_EQ(problems(), 0U);
}

TEST_F(ObjectsTest, KeysAreNeverPaths) {
    const std::string longest(key_bytes_max, 'k');
    for (const std::string key : {"../../x", "/", "a//b", ".", "..", "x/", "a\\b", "%2e%2e"}) {
        ASSERT_TRUE(put(key, key + std::string(large, '.')).has_value()) << key;
        EXPECT_EQ(get(key)->substr(0, key.size()), key);
    }
    ASSERT_TRUE(put(longest, "x").has_value());
    EXPECT_EQ(file_count(), 8U) << "all of them in the one directory";
    EXPECT_EQ(put(longest + "k", "x").error().code(), "KeyTooLongError");
    EXPECT_EQ(put("", "x").error().code(), "InvalidURI");
    EXPECT_EQ(put("\xff", "x").error().code(), "InvalidURI");
}

TEST_F(ObjectsTest, NothingStaysOfWhatIsReplacedOrDeleted) {
    ASSERT_TRUE(put("key", std::string(large, '1')).has_value());
    ASSERT_TRUE(put("key", std::string(large, '2')).has_value());
    EXPECT_EQ(get("key")->front(), '2');
    ASSERT_TRUE(remove({"key", "no such key"}).has_value());
    EXPECT_EQ(get("key").error().code(), "NoSuchKey");
    restart();
    EXPECT_EQ(file_count(), 0U);
    EXPECT_EQ(problems(), 0U);
}

TEST_F(ObjectsTest, AReaderKeepsWhatItHasOpened) {
    const Object object = *put("key", std::string(large, '1'));
    Content content = *objects_->open(object, large - 1, 1);
    ASSERT_TRUE(remove({"key"}).has_value());
    EXPECT_EQ(*std::move(content).read(), "1");
}

TEST_F(ObjectsTest, WhatACrashLeavesIsDeletedAtTheStart) {
    ASSERT_TRUE(put("key", std::string(large, '1')).has_value());
    close();
    for (const char* name : {"00000001000000ff", "half-written"})
        std::ofstream(files() / name) << "left over";
    open();
    EXPECT_EQ(file_count(), 1U);
    EXPECT_EQ(get("key")->size(), large);
}

TEST_F(ObjectsTest, TheCheckFindsALostFile) {
    ASSERT_TRUE(put("key", std::string(large, '1')).has_value());
    for (const fs::directory_entry& entry : fs::directory_iterator(files()))
        fs::resize_file(entry.path(), 1);
    EXPECT_EQ(problems(), 1U);
}

TEST_F(ObjectsTest, AWrongDigestIsRefusedAndLeavesNothing) {
    for (const std::size_t size : {std::size_t{5}, large}) {
        PutInput input;
        input.name = {"bucket", "key"};
        input.incoming.bytes = std::string(size, 'x');
        input.integrity.md5 = md5_of("y");
        EXPECT_EQ(put(input).error().code(), "BadDigest");
        input.incoming.bytes = std::string(size, 'x');
        input.integrity.md5 = md5_of(input.incoming.bytes);
        input.integrity.algorithm = ChecksumAlgorithm::sha256;
        input.integrity.checksum = "AAAA";
        EXPECT_EQ(put(input).error().code(), "BadDigest");
    }
    EXPECT_EQ(get("key").error().code(), "NoSuchKey");
    EXPECT_EQ(file_count(), 0U);
}

TEST_F(ObjectsTest, OfTwoWritersThatWantToBeFirstOneIs) {
    PutInput input;
    input.name = {"bucket", "key"};
    input.conditions.if_absent = true;
    std::promise<void> both;
    std::atomic<int> made = 0;
    std::atomic<int> left = 2;
    for (int i = 0; i < 2; ++i) {
        objects_->put_object(input, [&](const Result<Object>& result) {
            made += result.has_value() ? 1 : 0;
            if (--left == 0) both.set_value();
        });
    }
    both.get_future().wait();
    EXPECT_EQ(made, 1);
    input.conditions = {false, "no such etag"};
    EXPECT_EQ(put(input).error().code(), "PreconditionFailed");
}

TEST_F(ObjectsTest, OnlyAnEmptyBucketIsDeleted) {
    const auto delete_bucket = [&] {
        return wait<void>([&](auto done) { objects_->delete_bucket("bucket", std::move(done)); });
    };
    ASSERT_TRUE(put("key", "x").has_value());
    EXPECT_EQ(delete_bucket().error().code(), "BucketNotEmpty");
    ASSERT_TRUE(remove({"key"}).has_value());
    ASSERT_TRUE(delete_bucket().has_value());
    EXPECT_EQ(put("key", "x").error().code(), "NoSuchBucket");
    restart();
    EXPECT_EQ(objects_->bucket("bucket").error().code(), "NoSuchBucket");
}

TEST(BucketName, HasS3sForm) {
    for (const char* name : {"abc", "a.b-c", "1ab", "a0123456789"})
        EXPECT_TRUE(check_bucket_name(name).has_value()) << name;
    for (const char* name : {"ab", "Abc", "-ab", "ab-", "a_b", "a..b", "10.0.0.1", "xn--a", ""})
        EXPECT_EQ(check_bucket_name(name).error().code(), "InvalidBucketName") << name;
    EXPECT_FALSE(check_bucket_name(std::string(64, 'a')).has_value());
}

TEST_F(ObjectsTest, ListingsGoPageByPageAndGroupByTheDelimiter) {
    for (const char* key : {"a", "b/1", "b/2", "b0", "c/x/1", "d"})
        ASSERT_TRUE(put(key, "x").has_value());
    EXPECT_EQ(told(list({.bucket = "bucket"})), "a b/1 b/2 b0 c/x/1 d ");
    EXPECT_EQ(told(list({.bucket = "bucket", .prefix = "b"})), "b/1 b/2 b0 ");
    EXPECT_EQ(told(list({.bucket = "bucket", .delimiter = "/"})), "a b0 d <b/> <c/> ");
    EXPECT_EQ(told(list({.bucket = "bucket", .prefix = "c/", .delimiter = "/"})), "<c/x/> ");
    EXPECT_EQ(told(list({.bucket = "bucket", .after = "b/1", .max = 2})), "b/2 b0 ...");
    EXPECT_EQ(told(list({.bucket = "bucket", .after = "b/1", .max = 4})), "b/2 b0 c/x/1 d ");
    EXPECT_EQ(told(list({.bucket = "bucket", .max = 0})), "");

    std::string pages;
    ListInput input{.bucket = "bucket", .delimiter = "/", .max = 1};
    for (bool is_truncated = true; is_truncated;) {
        const ListOutput page = list(input);
        pages += told(page) + "|";
        input.after = page.last;
        is_truncated = page.is_truncated;
    }
    EXPECT_EQ(pages, "a ...|<b/> ...|b0 ...|<c/> ...|d |");
}

/// Uploads of objects in parts.
class UploadsTest : public ObjectsTest {
 protected:
    UploadName create(NewUpload input = {{"bucket", "key"}}) {
        const Result<Upload> made = wait<Upload>(
            [&](auto done) { objects_->create_upload(std::move(input), std::move(done)); });
        return {{"bucket", "key"}, made->id};
    }
    CompletedPart upload(const UploadName& upload, std::uint16_t number, std::string content) {
        const Result<Part> part = wait<Part>([&](auto done) {
            objects_->upload_part(upload, number, {std::move(content)}, {}, std::move(done));
        });
        return {number, hex_of(part->md5)};
    }
    Result<Object> complete(const UploadName& upload, std::vector<CompletedPart> parts) {
        return wait<Object>([&](auto done) {
            objects_->complete_upload(upload, std::move(parts), {}, std::move(done));
        });
    }
};

TEST_F(UploadsTest, PartsBecomeOneObject) {
    const UploadName name = create();
    const std::string first(part_bytes_min, '1');
    const CompletedPart last = upload(name, 7, "the end");
    const CompletedPart replaced = upload(name, 2, "too short");
    const CompletedPart whole = upload(name, 2, first);
    upload(name, 9, "not taken");
    restart();
    EXPECT_EQ(complete(name, {replaced, last}).error().code(), "InvalidPart");
    EXPECT_EQ(complete(name, {last, whole}).error().code(), "InvalidPartOrder");
    const Result<Object> object = complete(name, {whole, last});
    ASSERT_TRUE(object.has_value());
    EXPECT_EQ(object->etag, hex_of(md5_of(md5_of(first) + md5_of("the end"))) + "-2");
    EXPECT_EQ(object->checksum->bytes,
              checksum_of(ChecksumAlgorithm::crc64nvme, first + "the end"));
    EXPECT_EQ(*get("key"), first + "the end");
    EXPECT_EQ(*(*objects_->open(*object, part_bytes_min - 2, 5)).read(), "11the");
    EXPECT_EQ(complete(name, {whole, last}).error().code(), "NoSuchUpload");
    restart();
    EXPECT_EQ(*get("key"), first + "the end");
    EXPECT_EQ(problems(), 0U);
    ASSERT_TRUE(remove({"key"}).has_value());
    EXPECT_EQ(problems(), 0U);
}

TEST_F(UploadsTest, AllPartsButTheLastHaveALeastSize) {
    const UploadName name = create();
    const CompletedPart first = upload(name, 1, "short");
    const CompletedPart second = upload(name, 2, "short");
    EXPECT_EQ(complete(name, {first, second}).error().code(), "EntityTooSmall");
    EXPECT_EQ(complete(name, {}).error().code(), "MalformedXML");
    EXPECT_TRUE(complete(name, {first}).has_value());
}

TEST_F(UploadsTest, ACompositeChecksumIsThatOfTheParts) {
    const UploadName name =
        create({{"bucket", "key"}, {}, ChecksumAlgorithm::sha256, ChecksumType::composite});
    const CompletedPart part = upload(name, 1, "x");
    const std::string inner = checksum_of(ChecksumAlgorithm::sha256, "x");
    EXPECT_EQ(complete(name, {part})->checksum->text(),
              (Checksum{ChecksumAlgorithm::sha256, checksum_of(ChecksumAlgorithm::sha256, inner), 1}
                   .text()));
}

TEST_F(UploadsTest, AnAbortedUploadLeavesNothing) {
    const UploadName name = create();
    upload(name, 1, std::string(large, 'x'));
    EXPECT_EQ(objects_->uploads("bucket")->size(), 1U);
    ASSERT_TRUE(
        wait<void>([&](auto done) { objects_->abort_upload(name, std::move(done)); }).has_value());
    EXPECT_EQ(objects_->uploads("bucket")->size(), 0U);
    restart();
    EXPECT_EQ(file_count(), 0U);
    EXPECT_EQ(problems(), 0U);
}

TEST_F(ObjectsTest, ACopyHasItsOwnBytes) {
    const Object source = *put("source", std::string(large, '1') + "end");
    PutInput input;
    input.name = {"bucket", "copy"};
    const Result<Object> copy = wait<Object>([&](auto done) {
        objects_->copy_object(input, {source, 0, source.size()}, std::move(done));
    });
    EXPECT_EQ(copy->etag, source.etag);
    ASSERT_TRUE(remove({"source"}).has_value());
    EXPECT_EQ(*get("copy"), std::string(large, '1') + "end");
    EXPECT_EQ(problems(), 0U);
}

}  // namespace
}  // namespace stepwell::object
