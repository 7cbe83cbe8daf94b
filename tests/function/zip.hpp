// Makes zip archives for tests.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <vector>

namespace stepwell::function::testing {

struct ZipEntry {
    std::string name;
    std::string content = {};  // of a link: where it leads
    unsigned type = AE_IFREG;
    unsigned mode = 0644;
};

inline std::string make_zip(const std::vector<ZipEntry>& entries) {
    std::string zip;
    archive* writer = archive_write_new();
    archive_write_set_format_zip(writer);
    archive_write_set_bytes_in_last_block(writer, 1);
    const auto append = [](archive*, void* to, const void* bytes, size_t size) -> la_ssize_t {
        static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
        return static_cast<la_ssize_t>(size);
    };
    archive_write_open(writer, &zip, nullptr, append, nullptr);
    for (const ZipEntry& entry : entries) {
        archive_entry* header = archive_entry_new();
        archive_entry_set_pathname(header, entry.name.c_str());
        archive_entry_set_filetype(header, entry.type);
        archive_entry_set_perm(header, static_cast<mode_t>(entry.mode));
        if (entry.type == AE_IFLNK) archive_entry_set_symlink(header, entry.content.c_str());
        if (entry.type == AE_IFREG)
            archive_entry_set_size(header, static_cast<la_int64_t>(entry.content.size()));
        archive_write_header(writer, header);
        if (entry.type == AE_IFREG)
            archive_write_data(writer, entry.content.data(), entry.content.size());
        archive_entry_free(header);
    }
    archive_write_close(writer);
    archive_write_free(writer);
    return zip;
}

inline std::string make_zip(const std::string& name, const std::string& content) {
    return make_zip({{name, content}});
}

}  // namespace stepwell::function::testing
