// Objects that come in parts.
#include <algorithm>

#include "base/random.hpp"
#include "base/try.hpp"
#include "object/errors.hpp"
#include "object/objects.hpp"
#include "object/records.hpp"

namespace stepwell::object {

namespace {

Error part_missing() {
    return Error(errors::invalid_part,
                 "One or more of the specified parts could not be found.  The part may not have "
                 "been uploaded, or the specified entity tag may not match the part's entity tag.");
}

// The checksum of the whole; nothing where the parts' do not allow one.
std::optional<Checksum> checksum_of_parts(const std::vector<Part>& parts, ChecksumType type) {
    const ChecksumAlgorithm algorithm = parts.front().checksum->algorithm;
    const bool are_alike = std::all_of(parts.begin(), parts.end(), [&](const Part& part) {
        return part.checksum->algorithm == algorithm;
    });
    if (!are_alike) return std::nullopt;
    if (type == ChecksumType::composite) {
        std::string all;
        for (const Part& part : parts) all += part.checksum->bytes;
        return Checksum{algorithm, object::checksum_of(algorithm, all),
                        static_cast<std::uint16_t>(parts.size())};
    }
    if (!is_crc(algorithm)) return std::nullopt;
    Checksum whole{algorithm, parts.front().checksum->bytes};
    for (std::size_t i = 1; i < parts.size(); ++i)
        whole.bytes =
            combined_crc(algorithm, whole.bytes, parts[i].checksum->bytes, parts[i].body.size);
    return whole;
}

Result<Object> assembled(const Upload& upload, const std::vector<CompletedPart>& parts) {
    Object object;
    object.attributes = upload.attributes;
    std::string digests;
    for (const CompletedPart& wanted : parts) {
        if (!object.parts.empty() && wanted.number <= object.parts.back().number)
            return Error(errors::invalid_part_order,
                         "The list of parts was not in ascending order. The parts list must be "
                         "specified in order by part number.");
        const auto found = upload.parts.find(wanted.number);
        if (found == upload.parts.end() || hex_of(found->second.md5) != wanted.etag)
            return part_missing();
        object.parts.push_back(found->second);
        digests += found->second.md5;
    }
    if (object.parts.empty())
        return Error(errors::malformed_xml,
                     "The XML you provided was not well-formed or did not validate against our "
                     "published schema");
    for (std::size_t i = 0; i + 1 < object.parts.size(); ++i) {
        if (object.parts[i].body.size < part_bytes_min)
            return Error(errors::entity_too_small,
                         "Your proposed upload is smaller than the minimum allowed size");
    }
    object.etag = hex_of(md5_of(digests)) + "-" + std::to_string(object.parts.size());
    object.checksum = checksum_of_parts(object.parts, upload.checksum_type);
    return object;
}

}  // namespace

Result<const Upload*> Objects::find_upload(const UploadName& name) const {
    if (Result<> there = check_bucket(name.name.bucket); !there.has_value()) return there.error();
    const auto found = uploads_.find(name.id);
    const bool is_there = found != uploads_.end() &&
                          found->second.name.bucket == name.name.bucket &&
                          found->second.name.key == name.name.key;
    if (!is_there) return errors::upload_missing();
    return &found->second;
}

void Objects::create_upload(NewUpload input, Completion<Upload> done) {
    PutInput put;
    put.name = input.name;
    put.attributes = input.attributes;
    if (Result<> valid = check_put(put); !valid.has_value()) return done(valid.error());
    change<Upload>(std::move(done), [&](Step& step) -> Result<Upload> {
        if (Result<> there = check_bucket(input.name.bucket); !there.has_value())
            return there.error();
        Upload upload;
        upload.id = make_uuid();
        upload.name = std::move(input.name);
        upload.attributes = std::move(input.attributes);
        upload.algorithm = input.algorithm;
        upload.checksum_type = input.checksum_type;
        upload.initiated = clock_.now();
        step.effects.put(Table::upload, upload_key(upload.id), encode_upload(upload));
        uploads_[upload.id] = upload;
        return upload;
    });
}

// That of the upload: a part that comes with another is refused.
Result<ChecksumAlgorithm> Objects::part_algorithm(const UploadName& upload,
                                                  const Integrity& integrity) const {
    const std::lock_guard lock(mutex_);
    SW_TRY(const Upload* const there, find_upload(upload));
    const ChecksumAlgorithm wanted = there->algorithm.value_or(integrity.algorithm);
    if (!integrity.checksum.has_value() || integrity.algorithm == wanted) return wanted;
    return Error(
        errors::invalid_request,
        "Checksum Type mismatch occurred, expected checksum Type: " + std::string(name_of(wanted)) +
            ", actual checksum Type: " + std::string(name_of(integrity.algorithm)));
}

void Objects::upload_part(UploadName upload, std::uint16_t number, Incoming incoming,
                          Integrity integrity, Completion<Part> done) {
    if (number == 0 || number > part_number_max)
        return done(Error(errors::invalid_argument,
                          "Part number must be an integer between 1 and 10000, inclusive"));
    const Result<ChecksumAlgorithm> algorithm = part_algorithm(upload, integrity);
    if (!algorithm.has_value()) return done(algorithm.error());
    integrity.algorithm = *algorithm;
    if (bodies_.is_quick(incoming))
        return place_part(std::move(upload), number, std::move(incoming), integrity,
                          std::move(done));
    workers_->run([this, upload = std::move(upload), number, incoming = std::move(incoming),
                   integrity = std::move(integrity), done = std::move(done)]() mutable {
        place_part(std::move(upload), number, std::move(incoming), integrity, std::move(done));
    });
}

void Objects::upload_part_copy(UploadName upload, std::uint16_t number, CopySource source,
                               Completion<Part> done) {
    workers_->run([this, upload = std::move(upload), number, source = std::move(source),
                   done = std::move(done)]() mutable {
        Result<Incoming> copy = copy_of(source);
        if (!copy.has_value()) return done(copy.error());
        upload_part(std::move(upload), number, *std::move(copy), {}, std::move(done));
    });
}

void Objects::place_part(UploadName upload, std::uint16_t number, Incoming incoming,
                         const Integrity& integrity, Completion<Part> done) {
    Result<Bodies::Placed> placed = place(std::move(incoming), integrity);
    if (!placed.has_value()) return done(placed.error());
    store_part(std::move(upload), number, *std::move(placed), std::move(done));
}

void Objects::store_part(UploadName upload, std::uint16_t number, Bodies::Placed placed,
                         Completion<Part> done) {
    change<Part>(std::move(done), [&](Step& step) -> Result<Part> {
        SW_TRY(const Upload* const there, find_upload(upload));
        Part& part = uploads_.find(there->id)->second.parts[number];
        if (part.number != 0) bodies_.erase(step.effects, part.body);
        part = placed.part;
        part.number = number;
        part.last_modified = clock_.now();
        step.effects.put(Table::upload, part_key(there->id, number), encode_part(part));
        bodies_.put(step.effects, std::move(placed));
        return part;
    });
}

void Objects::complete_upload(UploadName upload, std::vector<CompletedPart> parts,
                              WriteConditions conditions, Completion<Object> done) {
    change<Object>(std::move(done), [&](Step& step) -> Result<Object> {
        SW_TRY(const Upload* const there, find_upload(upload));
        SW_TRY(Object object, assembled(*there, parts));
        const std::optional<Object> replaced = current(upload.name);
        if (Result<> met = check_conditions(conditions, replaced); !met.has_value())
            return met.error();
        object.last_modified = clock_.now();
        if (replaced.has_value()) erase_bodies(step, replaced->parts);
        for (const auto& [number, part] : there->parts) {
            const bool is_taken = std::binary_search(
                parts.begin(), parts.end(), CompletedPart{number},
                [](const CompletedPart& a, const CompletedPart& b) { return a.number < b.number; });
            if (!is_taken) bodies_.erase(step.effects, part.body);
            step.effects.erase(Table::upload, part_key(there->id, number));
        }
        step.effects.erase(Table::upload, upload_key(there->id));
        put(step, upload.name, object);
        uploads_.erase(uploads_.find(upload.id));
        return object;
    });
}

void Objects::abort_upload(UploadName upload, Completion<> done) {
    change<void>(std::move(done), [&](Step& step) -> Result<> {
        SW_TRY(const Upload* const there, find_upload(upload));
        for (const auto& [number, part] : there->parts) {
            bodies_.erase(step.effects, part.body);
            step.effects.erase(Table::upload, part_key(there->id, number));
        }
        step.effects.erase(Table::upload, upload_key(there->id));
        uploads_.erase(uploads_.find(upload.id));
        return {};
    });
}

Result<Upload> Objects::upload(const UploadName& name) const {
    const std::lock_guard lock(mutex_);
    SW_TRY(const Upload* const found, find_upload(name));
    return *found;
}

Result<std::vector<Upload>> Objects::uploads(std::string_view bucket) const {
    const std::lock_guard lock(mutex_);
    if (Result<> there = check_bucket(bucket); !there.has_value()) return there.error();
    std::vector<Upload> found;
    for (const auto& [id, upload] : uploads_) {
        if (upload.name.bucket == bucket) found.push_back(upload);
    }
    std::sort(found.begin(), found.end(), [](const Upload& a, const Upload& b) {
        return std::tie(a.name.key, a.initiated, a.id) < std::tie(b.name.key, b.initiated, b.id);
    });
    return found;
}

}  // namespace stepwell::object
