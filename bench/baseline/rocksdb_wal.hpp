// What we compare the journal with: RocksDB and its own log, synced before each answer.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stepwell::bench {

/// A RocksDB with its default options.
class RocksDbWal {
 public:
    explicit RocksDbWal(const std::filesystem::path& path);  ///< aborts when it cannot be made
    ~RocksDbWal();

    /// Puts all keys in one batch and syncs.
    bool commit(const std::vector<std::string>& keys, std::string_view value);

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace stepwell::bench
