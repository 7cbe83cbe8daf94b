#include "object/bodies.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "object/errors.hpp"
#include "object/records.hpp"

namespace stepwell::object {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t stored_bytes_max = 1U << 20U;  // above, a body is a file
// Of an object's parts only the last may lie in the store: a Content has its bytes behind its
// files.
static_assert(stored_bytes_max < part_bytes_min);
constexpr std::size_t portion_bytes = 256U << 10U;
constexpr int epoch_shift = 32;  // of an id; below it a number
constexpr std::size_t id_digits = 16;

// Files whose names are ids: all others are of writes that were cut off.
std::optional<BodyId> id_of_file(const std::string& name) {
    if (name.size() != id_digits) return std::nullopt;
    const std::optional<std::string> bytes = bytes_of_hex(name);
    if (!bytes.has_value()) return std::nullopt;
    return id_in_body_key(*bytes);
}

struct Sums {
    Digest md5 = Digest::md5();
    Digest checksum;

    void update(std::string_view bytes) {
        md5.update(bytes);
        checksum.update(bytes);
    }
};

Result<> add_file(Sums& sums, const TemporaryFile& file) {
    std::vector<char> portion(std::min<std::uint64_t>(portion_bytes, file.size()));
    for (std::uint64_t at = 0; at < file.size(); at += portion.size()) {
        portion.resize(std::min<std::uint64_t>(portion.size(), file.size() - at));
        if (!file.read(at, portion))
            return Error(stepwell::errors::system_failure, "cannot read " + file.path());
        sums.update({portion.data(), portion.size()});
    }
    return {};
}

}  // namespace

Bodies::Placed::~Placed() {
    if (!path_.empty()) std::remove(path_.c_str());
}

Result<> Bodies::recover() {
    std::uint64_t epoch = 1;
    if (const auto stored = storage_.get(Table::meta, object_epoch_key)) {
        ByteReader reader(*stored);
        epoch = reader.varint() + 1;
    }
    std::string bytes;
    append_varint(bytes, epoch);
    Effects effects;
    effects.put(Table::meta, object_epoch_key, bytes);
    storage_.commit(std::move(effects));
    next_ = epoch << epoch_shift;

    std::error_code error;
    if (options_.directory.empty() || !fs::exists(options_.directory, error)) return {};
    for (const fs::directory_entry& entry : fs::directory_iterator(options_.directory, error)) {
        const std::optional<BodyId> id = id_of_file(entry.path().filename().string());
        if (id.has_value() && storage_.get(Table::object_body, body_key(*id)).has_value()) continue;
        std::error_code ignored;
        fs::remove(entry.path(), ignored);
    }
    if (error)
        return Error(stepwell::errors::system_failure,
                     "cannot read " + options_.directory + ": " + error.message());
    return {};
}

BodyId Bodies::next_id() noexcept { return BodyId{next_.fetch_add(1)}; }

std::string Bodies::path_of(BodyId id) const {
    return options_.directory + "/" + hex_of(body_key(id));
}

bool Bodies::is_quick(const Incoming& incoming) const noexcept {
    if (incoming.file != nullptr) return false;
    return options_.directory.empty() || incoming.bytes.size() <= stored_bytes_max;
}

Result<> Bodies::place_file(TemporaryFile& file, BodyId id) const {
    if (options_.syncs) {
        if (Result<> synced = file.sync(); !synced.has_value()) return synced;
    }
    if (Result<> moved = file.move_to(path_of(id)); !moved.has_value()) return moved;
    return options_.syncs ? sync_directory(options_.directory) : Result<>();
}

Result<Bodies::Placed> Bodies::place(Incoming incoming, ChecksumAlgorithm algorithm) {
    const bool becomes_file = !options_.directory.empty() && incoming.size() > stored_bytes_max;
    Placed placed;
    placed.part.body = {next_id(), incoming.size(), becomes_file};
    Sums sums{.checksum = Digest(algorithm)};
    if (incoming.file != nullptr && !becomes_file) {
        incoming.bytes.resize(incoming.file->size());
        if (!incoming.file->read(0, incoming.bytes)) return errors::broken();
        incoming.file.reset();
    }
    if (becomes_file && incoming.file == nullptr) {
        SW_TRY(incoming.file, TemporaryFile::create(options_.directory));
        const Result<> written = incoming.file->append(incoming.bytes);
        if (!written.has_value()) return written.error();
    }
    if (becomes_file) {
        if (Result<> added = add_file(sums, *incoming.file); !added.has_value())
            return added.error();
        if (Result<> stays = place_file(*incoming.file, placed.part.body.id); !stays.has_value())
            return stays.error();
        placed.path_ = path_of(placed.part.body.id);
    } else {
        sums.update(incoming.bytes);
        placed.bytes = std::move(incoming.bytes);
    }
    placed.part.md5 = sums.md5.finish();
    placed.part.checksum = Checksum{algorithm, sums.checksum.finish()};
    return placed;
}

void Bodies::put(Effects& effects, Placed placed) {
    const Body& body = placed.part.body;
    effects.insert(Table::object_body, body_key(body.id),
                   body.is_file ? file_body_record(body.size) : bytes_body_record(placed.bytes));
    placed.path_.clear();
}

void Bodies::erase(Effects& effects, const Body& body) {
    effects.erase(Table::object_body, body_key(body.id));
    if (!body.is_file) return;
    effects.when_durable([workers = std::weak_ptr(workers_), path = path_of(body.id)]() mutable {
        if (const auto alive = workers.lock())
            alive->run([path = std::move(path)] { std::remove(path.c_str()); });
    });
}

Result<Incoming> Bodies::copy_of(const Content& content) const {
    Incoming copy;
    if (content.files.empty() || options_.directory.empty()) {
        SW_TRY(copy.bytes, Content(content).read());
        return copy;
    }
    SW_TRY(copy.file, TemporaryFile::create(options_.directory));
    std::string portion;
    for (const FileRange& range : content.files) {
        for (std::uint64_t at = 0; at < range.size; at += portion.size()) {
            portion.resize(std::min<std::uint64_t>(portion_bytes, range.size - at));
            if (!range.file->read(range.offset + at, portion)) return errors::broken();
            if (Result<> written = copy.file->append(portion); !written.has_value())
                return written.error();
        }
    }
    if (Result<> written = copy.file->append(content.bytes); !written.has_value())
        return written.error();
    return copy;
}

Result<Content> Bodies::open(std::span<const Part> parts, std::uint64_t offset,
                             std::uint64_t size) const {
    Content content;
    for (const Part& part : parts) {
        const std::uint64_t skipped = std::min(offset, part.body.size);
        const std::uint64_t taken = std::min(size, part.body.size - skipped);
        offset -= skipped;
        size -= taken;
        if (taken == 0) continue;
        if (part.body.is_file) {
            auto file = OpenFile::open(path_of(part.body.id));
            if (!file.has_value() || !content.bytes.empty()) return errors::broken();
            content.files.push_back({*std::move(file), skipped, taken});
            continue;
        }
        const auto record = storage_.get(Table::object_body, body_key(part.body.id));
        const auto body = record.has_value() ? decode_body(*record) : std::nullopt;
        if (!body.has_value() || !body->bytes.has_value() || body->size != part.body.size)
            return errors::broken();
        content.bytes.append(body->bytes->substr(skipped, taken));
    }
    return content;
}

}  // namespace stepwell::object
