#include "cli/zip_writer.hpp"

#include <boost/crc.hpp>
#include <cstdint>

namespace stepwell::cli {

namespace {

void append_16(std::string& out, std::uint32_t value) {
    out.push_back(static_cast<char>(value & 0xFF));
    out.push_back(static_cast<char>((value >> 8) & 0xFF));
}

void append_32(std::string& out, std::uint32_t value) {
    append_16(out, value & 0xFFFF);
    append_16(out, value >> 16);
}

constexpr std::uint32_t version_needed = 20;
constexpr std::uint32_t date_1980_01_01 =
    0x21;  // the format's first day: the same bytes every time

/// The fields that the local header and the directory have in common.
void append_entry(std::string& out, std::string_view name, std::string_view content) {
    boost::crc_32_type checksum;
    checksum.process_bytes(content.data(), content.size());
    append_16(out, version_needed);
    append_16(out, 0);  // flags
    append_16(out, 0);  // stored
    append_16(out, 0);  // time
    append_16(out, date_1980_01_01);
    append_32(out, checksum.checksum());
    append_32(out, static_cast<std::uint32_t>(content.size()));
    append_32(out, static_cast<std::uint32_t>(content.size()));
    append_16(out, static_cast<std::uint32_t>(name.size()));
    append_16(out, 0);  // no extra field
}

}  // namespace

std::string zip_of(std::string_view name, std::string_view content) {
    std::string zip{"PK\x03\x04"};
    append_entry(zip, name, content);
    zip.append(name).append(content);

    const auto directory_at = static_cast<std::uint32_t>(zip.size());
    zip.append("PK\x01\x02");
    append_16(zip, (3 << 8) | version_needed);  // made on Unix: the mode below counts
    append_entry(zip, name, content);
    append_16(zip, 0);  // no comment
    append_16(zip, 0);  // disk
    append_16(zip, 0);  // internal attributes
    append_32(zip, 0100644U << 16);
    append_32(zip, 0);  // where the local header is
    zip.append(name);
    const auto directory_bytes = static_cast<std::uint32_t>(zip.size()) - directory_at;

    zip.append("PK\x05\x06");
    append_32(zip, 0);  // disks
    append_16(zip, 1);
    append_16(zip, 1);
    append_32(zip, directory_bytes);
    append_32(zip, directory_at);
    append_16(zip, 0);  // no comment
    return zip;
}

}  // namespace stepwell::cli
