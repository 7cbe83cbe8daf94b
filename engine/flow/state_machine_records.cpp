#include "flow/state_machine_records.hpp"

#include <array>
#include <charconv>

#include "base/bytes.hpp"

namespace stepwell::flow {

namespace {

constexpr std::uint64_t format_version = 1;

std::string hexadecimal(std::uint64_t value) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; value >>= 4) text[i] = digits[value & 15U];
    return text;
}

void append_time(std::string& out, TimePoint time) {
    append_varint(out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}
TimePoint read_time(ByteReader& reader) {
    return TimePoint{milliseconds{static_cast<std::int64_t>(reader.varint())}};
}
std::string read_string(ByteReader& reader) { return std::string(reader.text()); }
std::uint32_t read_number(ByteReader& reader) {
    return static_cast<std::uint32_t>(reader.varint());
}

void append_versions(std::string& out, const StateMachines::Machine& machine) {
    append_varint(out, machine.last_version);
    append_varint(out, machine.versions.size());
    for (const auto& [number, version] : machine.versions) {
        append_varint(out, number);
        append_varint(out, version.revision);
        append_text(out, version.description);
        append_time(out, version.created);
    }
}

void read_versions(ByteReader& reader, StateMachines::Machine& machine) {
    machine.last_version = read_number(reader);
    const std::uint64_t count = reader.varint();
    for (std::uint64_t i = 0; i < count && reader.is_good(); ++i) {
        StateMachineVersion version;
        version.number = read_number(reader);
        version.revision = read_number(reader);
        version.description = read_string(reader);
        version.created = read_time(reader);
        machine.versions.emplace(version.number, std::move(version));
    }
}

void append_aliases(std::string& out, const StateMachines::Machine& machine) {
    append_varint(out, machine.aliases.size());
    for (const auto& [name, alias] : machine.aliases) {
        append_text(out, name);
        append_text(out, alias.description);
        append_time(out, alias.created);
        append_time(out, alias.updated);
        append_varint(out, alias.routes.size());
        for (const AliasRoute& route : alias.routes) {
            append_text(out, route.version_arn);
            append_varint(out, route.weight);
        }
    }
}

void read_aliases(ByteReader& reader, StateMachines::Machine& machine) {
    const std::uint64_t count = reader.varint();
    for (std::uint64_t i = 0; i < count && reader.is_good(); ++i) {
        StateMachineAlias alias;
        alias.name = read_string(reader);
        alias.arn = machine.arn + ":" + alias.name;
        alias.description = read_string(reader);
        alias.created = read_time(reader);
        alias.updated = read_time(reader);
        const std::uint64_t routes = reader.varint();
        for (std::uint64_t j = 0; j < routes && reader.is_good(); ++j) {
            AliasRoute route;
            route.version_arn = read_string(reader);
            route.weight = read_number(reader);
            alias.routes.push_back(std::move(route));
        }
        machine.aliases.emplace(alias.name, std::move(alias));
    }
}

}  // namespace

std::string machine_key(std::uint64_t id) {
    return std::string(machine_key_prefix) + hexadecimal(id);
}

std::string revision_key(std::uint64_t id, std::uint32_t revision) {
    return std::string(revision_key_prefix) + hexadecimal(id) + "/" + hexadecimal(revision);
}

std::optional<std::uint64_t> id_of_key(std::string_view key, std::string_view prefix) {
    if (!key.starts_with(prefix) || key.size() < prefix.size() + 16) return std::nullopt;
    const char* const begin = key.data() + prefix.size();
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(begin, begin + 16, id, 16);
    if (error != std::errc{} || end != begin + 16) return std::nullopt;
    return id;
}

std::string encode(const StateMachines::Machine& machine) {
    std::string out;
    append_varint(out, format_version);
    append_varint(out, machine.id);
    append_text(out, machine.arn);
    append_text(out, machine.name);
    append_varint(out, static_cast<std::uint64_t>(machine.type));
    append_varint(out, static_cast<std::uint64_t>(machine.status));
    append_time(out, machine.created);
    append_tags(out, machine.tags);
    append_varint(out, machine.was_created_published ? 1 : 0);
    append_text(out, machine.created_version_description);
    append_versions(out, machine);
    append_aliases(out, machine);
    return out;
}

std::optional<StateMachines::Machine> decode_machine(std::string_view record) {
    ByteReader reader(record);
    if (reader.varint() != format_version) return std::nullopt;
    StateMachines::Machine machine;
    machine.id = reader.varint();
    machine.arn = read_string(reader);
    machine.name = read_string(reader);
    machine.type = static_cast<MachineType>(reader.varint());
    machine.status = static_cast<StateMachineStatus>(reader.varint());
    machine.created = read_time(reader);
    machine.tags = read_tags(reader);
    machine.was_created_published = reader.varint() != 0;
    machine.created_version_description = read_string(reader);
    read_versions(reader, machine);
    read_aliases(reader, machine);
    if (!reader.is_good() || !reader.is_at_end()) return std::nullopt;
    return machine;
}

std::string encode(const StateMachineRevision& revision) {
    std::string out;
    append_varint(out, format_version);
    append_varint(out, revision.id);
    append_varint(out, revision.revision);
    append_text(out, revision.arn);
    append_text(out, revision.name);
    append_text(out, revision.role_arn);
    append_text(out, revision.definition);
    append_varint(out, static_cast<std::uint64_t>(revision.type));
    append_time(out, revision.created);
    append_time(out, revision.updated);
    append_text(out, revision.revision_id);
    append_varint(out, static_cast<std::uint64_t>(revision.logging.level));
    append_varint(out, revision.logging.includes_execution_data ? 1 : 0);
    append_varint(out, revision.logging.log_group_arns.size());
    for (const std::string& arn : revision.logging.log_group_arns) append_text(out, arn);
    append_text(out, revision.encryption.kms_key_id);
    append_varint(out, revision.encryption.data_key_reuse_period_seconds);
    append_varint(out, revision.is_traced ? 1 : 0);
    return out;
}

std::optional<StateMachineRevision> decode_revision(std::string_view record) {
    ByteReader reader(record);
    if (reader.varint() != format_version) return std::nullopt;
    StateMachineRevision revision;
    revision.id = reader.varint();
    revision.revision = read_number(reader);
    revision.arn = read_string(reader);
    revision.name = read_string(reader);
    revision.role_arn = read_string(reader);
    revision.definition = read_string(reader);
    revision.type = static_cast<MachineType>(reader.varint());
    revision.created = read_time(reader);
    revision.updated = read_time(reader);
    revision.revision_id = read_string(reader);
    revision.logging.level = static_cast<LogLevel>(reader.varint());
    revision.logging.includes_execution_data = reader.varint() != 0;
    const std::uint64_t log_groups = reader.varint();
    for (std::uint64_t i = 0; i < log_groups && reader.is_good(); ++i) {
        revision.logging.log_group_arns.push_back(read_string(reader));
    }
    revision.encryption.kms_key_id = read_string(reader);
    revision.encryption.data_key_reuse_period_seconds = read_number(reader);
    revision.is_traced = reader.varint() != 0;
    if (!reader.is_good() || !reader.is_at_end()) return std::nullopt;
    return revision;
}

}  // namespace stepwell::flow
