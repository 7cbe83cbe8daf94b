// The storages that one suite of tests runs against, and a directory that goes away with its test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <stepwell/journal.hpp>
#include <string>
#include <utility>
#include <vector>

#include "journal/storage.hpp"

namespace stepwell::journal {

/// An empty directory below the system's temporary one, or in memory, removed with the object.
class TemporaryDirectory {
 public:
    enum class Place : std::uint8_t { on_disk, in_memory };

    explicit TemporaryDirectory(Place place = Place::on_disk) {
        const std::filesystem::path memory = "/dev/shm";
        std::error_code error;
        const bool in_memory =
            place == Place::in_memory && std::filesystem::is_directory(memory, error);
        const auto parent = in_memory ? memory : std::filesystem::temp_directory_path();
        std::string name = (parent / "stepwell-journal-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::filesystem::path& path() const { return path_; }

 private:
    std::filesystem::path path_;
};

using Entries = std::vector<std::pair<std::string, std::string>>;

inline Entries entries_of(const Storage& storage, Table table, ScanRange range = {}) {
    Entries entries;
    storage.scan(table, range, [&](std::string_view key, std::string_view value) {
        entries.emplace_back(key, value);
        return true;
    });
    return entries;
}

inline std::vector<std::string> keys_of(const Storage& storage, Table table, ScanRange range = {}) {
    std::vector<std::string> keys;
    for (auto& [key, value] : entries_of(storage, table, range)) keys.push_back(key);
    return keys;
}

/// Waits until everything committed so far is durable and its actions have run.
inline void wait_until_released(Storage& storage) {
    auto released = std::make_shared<std::promise<void>>();
    const auto done = released->get_future();
    Effects effects;
    effects.when_durable([released = std::move(released)] { released->set_value(); });
    storage.commit(std::move(effects));
    done.wait();  // ends also when a failed storage drops the action
}

inline JournalSequence put(Storage& storage, Table table, std::string_view key,
                           std::string_view value) {
    Effects effects;
    effects.put(table, key, value);
    return storage.commit(std::move(effects));
}

inline JournalSequence erase(Storage& storage, Table table, std::string_view key) {
    Effects effects;
    effects.erase(table, key);
    return storage.commit(std::move(effects));
}

}  // namespace stepwell::journal
