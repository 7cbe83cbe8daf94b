#include "baseline/rocksdb_wal.hpp"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <cstdlib>

namespace stepwell::bench {

struct RocksDbWal::Parts {
    std::unique_ptr<rocksdb::DB> db;
};

RocksDbWal::RocksDbWal(const std::filesystem::path& path) : parts_(std::make_unique<Parts>()) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    if (!rocksdb::DB::Open(options, path.string(), &opened).ok()) std::abort();
    parts_->db.reset(opened);
}

RocksDbWal::~RocksDbWal() = default;

bool RocksDbWal::commit(const std::vector<std::string>& keys, std::string_view value) {
    rocksdb::WriteBatch batch;
    for (const auto& key : keys) batch.Put(key, rocksdb::Slice(value.data(), value.size()));
    rocksdb::WriteOptions options;
    options.sync = true;
    return parts_->db->Write(options, &batch).ok();
}

}  // namespace stepwell::bench
