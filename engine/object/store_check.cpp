#include "object/store_check.hpp"

#include <filesystem>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "object/records.hpp"

namespace stepwell::object {

namespace {

class ObjectsCheck {
 public:
    ObjectsCheck(const Storage& storage, const std::string& directory)
        : storage_(storage), directory_(directory) {}

    CheckedObjects run() {
        check_buckets();
        storage_.scan(Table::object, {}, [this](std::string_view key, std::string_view bytes) {
            check_object(key, bytes);
            return true;
        });
        check_uploads();
        storage_.scan(Table::object_body, {}, [this](std::string_view key, std::string_view) {
            const std::optional<BodyId> id = id_in_body_key(key);
            if (!id.has_value() || !referred_.contains(static_cast<std::uint64_t>(*id)))
                report("body " + hex_of(key), "nothing refers to it");
            return true;
        });
        return std::move(found_);
    }

 private:
    void report(const std::string& of, const std::string& what) {
        constexpr std::size_t shown_max = 100;
        ++found_.problem_count;
        if (found_.problems.size() < shown_max) found_.problems.push_back(of + ": " + what);
    }

    void check_buckets() {
        storage_.scan(Table::control, {bucket_key_prefix},
                      [this](std::string_view key, std::string_view bytes) {
                          const std::optional<Bucket> bucket = decode_bucket(bytes);
                          if (!bucket.has_value())
                              report(std::string(key), "it cannot be read");
                          else
                              buckets_.insert(bucket->name);
                          return true;
                      });
    }

    void check_object(std::string_view key, std::string_view bytes) {
        ++found_.objects;
        const std::string name = "object " + std::string(key);
        const std::optional<Object> object = decode_object(bytes);
        if (!object.has_value()) return report(name, "it cannot be read");
        if (!buckets_.contains(std::string(key.substr(0, key.find('/')))))
            report(name, "its bucket is not there");
        for (const Part& part : object->parts) check_body(name, part.body);
    }

    void check_uploads() {
        storage_.scan(Table::upload, {}, [this](std::string_view key, std::string_view bytes) {
            const std::optional<UploadKey> parsed = parse_upload_key(key);
            const std::string name = "upload " + std::string(parsed.has_value() ? parsed->id : "?");
            if (!parsed.has_value() || !parsed->part.has_value()) {
                if (!decode_upload(bytes).has_value()) report(name, "it cannot be read");
                return true;
            }
            const std::optional<Part> part = decode_part(bytes);
            if (!part.has_value()) {
                report(name, "a part of it cannot be read");
                return true;
            }
            check_body(name, part->body);
            return true;
        });
    }

    void check_body(const std::string& of, const Body& body) {
        ++found_.bodies;
        if (!referred_.insert(static_cast<std::uint64_t>(body.id)).second)
            report(of, "its bytes are those of another, too");
        const auto record = storage_.get(Table::object_body, body_key(body.id));
        const auto stored = record.has_value() ? decode_body(*record) : std::nullopt;
        if (!stored.has_value()) return report(of, "its bytes are not there");
        if (stored->size != body.size || stored->bytes.has_value() == body.is_file)
            return report(of, "its bytes are others");
        if (!body.is_file) return;
        std::error_code error;
        const std::uintmax_t size =
            std::filesystem::file_size(directory_ + "/" + hex_of(body_key(body.id)), error);
        if (error || size != body.size) report(of, "its file is not there, or not whole");
    }

    const Storage& storage_;
    const std::string& directory_;
    CheckedObjects found_;
    std::unordered_set<std::string> buckets_;
    std::unordered_set<std::uint64_t> referred_;
};

}  // namespace

CheckedObjects check_objects(const Storage& storage, const std::string& directory) {
    return ObjectsCheck(storage, directory).run();
}

}  // namespace stepwell::object
