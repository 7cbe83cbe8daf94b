#include "access/role.hpp"

#include <cstdint>

#include "base/bytes.hpp"
#include "base/errors.hpp"

namespace stepwell::access {

namespace {

constexpr char format_version = 1;

void append_time(std::string& out, TimePoint time) {
    append_big_endian(out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

TimePoint read_time(ByteReader& reader) {
    return TimePoint{milliseconds{static_cast<std::int64_t>(reader.big_endian<std::uint64_t>())}};
}

void append_tags(std::string& out, const std::vector<Tag>& tags) {
    append_varint(out, tags.size());
    for (const Tag& tag : tags) {
        append_text(out, tag.key);
        append_text(out, tag.value);
    }
}

std::vector<Tag> read_tags(ByteReader& reader) {
    std::vector<Tag> tags;
    // Ends also when the count is damaged: a reader that has failed stays so.
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left) {
        std::string key(reader.text());
        tags.push_back({std::move(key), std::string(reader.text())});
    }
    return tags;
}

/// Starts reading; nothing when the version is not ours.
Result<ByteReader> open_record(std::string_view bytes, const char* what) {
    if (bytes.empty() || bytes[0] != format_version) {
        return Error(
            stepwell::errors::system_failure,
            std::string("the stored ") + what + " has a format that this version does not know");
    }
    return ByteReader(bytes.substr(1));
}

Error damaged(const char* what) {
    return {stepwell::errors::system_failure, std::string("the stored ") + what + " is damaged"};
}

}  // namespace

std::string encode(const Role& role) {
    std::string out(1, format_version);
    for (const std::string* text : {&role.name, &role.id, &role.path, &role.description,
                                    &role.trust_policy, &role.permissions_boundary}) {
        append_text(out, *text);
    }
    append_varint(out, static_cast<std::uint64_t>(role.session_seconds_max));
    append_time(out, role.created);
    append_tags(out, role.tags);
    append_varint(out, role.inline_policies.size());
    for (const auto& [name, document] : role.inline_policies) {
        append_text(out, name);
        append_text(out, document);
    }
    append_varint(out, role.attached_policies.size());
    for (const std::string& arn : role.attached_policies) append_text(out, arn);
    return out;
}

Result<Role> decode_role(std::string_view bytes) {
    auto opened = open_record(bytes, "role");
    if (opened.has_error()) return opened.error();
    ByteReader& reader = *opened;
    Role role;
    for (std::string* text : {&role.name, &role.id, &role.path, &role.description,
                              &role.trust_policy, &role.permissions_boundary}) {
        *text = reader.text();
    }
    role.session_seconds_max = static_cast<std::int64_t>(reader.varint());
    role.created = read_time(reader);
    role.tags = read_tags(reader);
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left) {
        std::string name(reader.text());
        role.inline_policies.insert_or_assign(std::move(name), std::string(reader.text()));
    }
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left) {
        role.attached_policies.emplace_back(reader.text());
    }
    if (!reader.is_good() || !reader.is_at_end()) return damaged("role");
    return role;
}

std::string encode(const ManagedPolicy& policy) {
    std::string out(1, format_version);
    for (const std::string* text :
         {&policy.name, &policy.id, &policy.path, &policy.description, &policy.document}) {
        append_text(out, *text);
    }
    append_time(out, policy.created);
    append_tags(out, policy.tags);
    return out;
}

Result<ManagedPolicy> decode_managed_policy(std::string_view bytes) {
    auto opened = open_record(bytes, "policy");
    if (opened.has_error()) return opened.error();
    ByteReader& reader = *opened;
    ManagedPolicy policy;
    for (std::string* text :
         {&policy.name, &policy.id, &policy.path, &policy.description, &policy.document}) {
        *text = reader.text();
    }
    policy.created = read_time(reader);
    policy.tags = read_tags(reader);
    if (!reader.is_good() || !reader.is_at_end()) return damaged("policy");
    return policy;
}

}  // namespace stepwell::access
