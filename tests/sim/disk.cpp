#include "sim/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/assert.hpp"

namespace stepwell::sim {

namespace {

constexpr std::size_t sector_bytes = 512;

void write_into(std::string& content, std::uint64_t offset, std::string_view data) {
    if (content.size() < offset + data.size()) content.resize(offset + data.size(), '\0');
    content.replace(offset, data.size(), data);
}

}  // namespace

struct Disk::Inode {
    struct Written {
        std::uint64_t offset;
        std::string data;
    };
    std::string cached;   // what reads see
    std::string durable;  // what the device has
    std::vector<Written> unsynced;
};

class Disk::OpenFile final : public journal::File {
 public:
    OpenFile(Disk& disk, InodePtr inode, std::filesystem::path path, bool is_direct)
        : disk_(disk), inode_(std::move(inode)), path_(std::move(path)), is_direct_(is_direct) {}

    journal::IoCount write_some(std::uint64_t offset, std::span<const char> data) override {
        if (const int error = disk_.begin_call(Kind::change, data.size()); error != 0) {
            return {0, error};
        }
        std::string_view text(data.data(), data.size());
        if (disk_.random_.next() % 64 == 0 && !is_direct_)
            text = text.substr(0, text.size() / 2 + 1);
        if (disk_.is_crash_call() && is_direct_) disk_.keep_some_sectors(*inode_, offset, text);
        if (disk_.is_crash_call() && disk_.random_.next() % 2 == 0) disk_.crash_if_planned();
        write_into(inode_->cached, offset, text);
        if (is_direct_) {
            write_into(inode_->durable, offset, text);
            ++disk_.syncs_;
        } else {
            inode_->unsynced.push_back({offset, std::string(text)});
        }
        disk_.bytes_written_ += text.size();
        disk_.crash_if_planned();
        return {text.size(), 0};
    }
    journal::IoCount read_some(std::uint64_t offset, std::span<char> data) override {
        if (const int error = disk_.begin_call(Kind::look, data.size()); error != 0) {
            return {0, error};
        }
        disk_.crash_if_planned();
        const std::string& content = inode_->cached;
        if (offset >= content.size()) return {};
        const std::size_t bytes = std::min<std::size_t>(data.size(), content.size() - offset);
        std::memcpy(data.data(), content.data() + offset, bytes);
        return {bytes, 0};
    }
    int sync() override {
        if (const int error = disk_.begin_call(Kind::change, 0); error != 0) {
            inode_->unsynced.clear();  // the pages count as written: the device never gets them
            return error;
        }
        if (disk_.is_crash_call() && disk_.random_.next() % 2 == 0) disk_.crash_if_planned();
        for (const Inode::Written& written : inode_->unsynced) {
            write_into(inode_->durable, written.offset, written.data);
        }
        inode_->unsynced.clear();
        ++disk_.syncs_;
        disk_.crash_if_planned();
        return 0;
    }
    Result<std::uint64_t> size() override { return inode_->cached.size(); }
    const std::filesystem::path& path() const noexcept override { return path_; }
    bool is_direct() const noexcept override { return is_direct_; }

 private:
    Disk& disk_;
    const InodePtr inode_;
    const std::filesystem::path path_;
    const bool is_direct_;
};

Disk::Disk(Fibers& fibers, Random& random, Trace& trace)
    : fibers_(fibers),
      random_(random),
      trace_(trace),
      stored_(nullptr),
      is_direct_(random.next() % 2 == 0) {}

// ---- calls -------------------------------------------------------------------------------------

int Disk::begin_call(Kind kind, std::uint64_t what) {
    // Mostly quick, now and then slow, rarely stuck.
    const std::uint64_t drawn = random_.next() % 1000;
    const std::uint64_t longest = drawn == 0 ? 2'000'000'000 : drawn < 20 ? 50'000'000 : 300'000;
    if (kind == Kind::change) fibers_.sleep(static_cast<Nanos>(random_.next() % longest));
    ++calls_;
    trace_.add(what);
    if (fail_call_ != 0 && calls_ >= fail_call_ && kind == Kind::change) {
        has_failed_ = true;
        return fail_error_;
    }
    return 0;
}

void Disk::crash_if_planned() {
    if (!is_crash_call()) return;
    std::exchange(crash_, nullptr)();
    for (;;) fibers_.wait(this);  // nobody wakes it: the process is gone
}

void Disk::crash_at(std::uint64_t call, std::function<void()> crash) {
    crash_call_ = call;
    crash_ = std::move(crash);
}

void Disk::fail_from(std::uint64_t call, int error) {
    fail_call_ = call;
    fail_error_ = error;
}

Result<std::unique_ptr<journal::File>> Disk::open(const std::filesystem::path& path,
                                                  journal::Access access) {
    const std::string name = path.string();
    const auto found = names_.find(name);
    if (found == names_.end() && access == journal::Access::read) {
        return journal::file_error("cannot open", path, ENOENT);
    }
    if (const int error = begin_call(Kind::look, 1); error != 0) {
        return journal::file_error("cannot open", path, error);
    }
    if (found == names_.end()) {
        change_names([name, made = std::make_shared<Inode>()](Names& names) {
            names.try_emplace(name, made);
        });
        crash_if_planned();
    }
    return std::unique_ptr<journal::File>(std::make_unique<OpenFile>(
        *this, names_.at(name), path, access == journal::Access::write_direct && is_direct_));
}

Result<> Disk::make_directory(const std::filesystem::path& path) {
    if (const int error = begin_call(Kind::change, 2); error != 0) {
        return journal::file_error("cannot make directory", path, error);
    }
    change_names([name = path.string()](Names& names) { names.try_emplace(name, nullptr); });
    crash_if_planned();
    return {};
}

Result<std::vector<std::string>> Disk::list(const std::filesystem::path& path) {
    const std::string prefix = path.string() + "/";
    std::vector<std::string> found;
    for (const auto& [name, inode] : names_) {
        if (name.starts_with(prefix)) found.push_back(name.substr(prefix.size()));
    }
    return found;
}

Result<bool> Disk::exists(const std::filesystem::path& path) {
    return names_.contains(path.string());
}

Result<> Disk::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (const int error = begin_call(Kind::change, 3); error != 0) {
        return journal::file_error("cannot rename", from, error);
    }
    if (is_crash_call() && random_.next() % 2 == 0) crash_if_planned();
    change_names([old_name = from.string(), name = to.string()](Names& names) {
        const auto found = names.find(old_name);
        if (found == names.end()) return;
        names[name] = found->second;
        names.erase(found);
    });
    crash_if_planned();
    return {};
}

Result<> Disk::remove(const std::filesystem::path& path) {
    if (const int error = begin_call(Kind::change, 4); error != 0) {
        return journal::file_error("cannot remove", path, error);
    }
    change_names([name = path.string()](Names& names) { names.erase(name); });
    crash_if_planned();
    return {};
}

Result<> Disk::sync_directory(const std::filesystem::path& path) {
    if (const int error = begin_call(Kind::change, 5); error != 0) {
        return journal::file_error("cannot sync", path, error);
    }
    if (is_crash_call() && random_.next() % 2 == 0) crash_if_planned();
    for (const auto& change : unsynced_names_) change(durable_names_);
    unsynced_names_.clear();
    crash_if_planned();
    return {};
}

void Disk::change_names(std::function<void(Names&)> change) {
    change(names_);
    unsynced_names_.push_back(std::move(change));
}

// ---- faults ------------------------------------------------------------------------------------

void Disk::end_process() {
    crash_ = nullptr;
    crash_call_ = fail_call_ = 0;
    has_failed_ = false;
}

// Puts a subset of the sectors on the device: none, all, some first ones, or each by a coin.
void Disk::keep_some_sectors(Inode& inode, std::uint64_t offset, std::string_view data) {
    const std::uint64_t how = random_.next() % 4;
    const std::size_t first_lost = how == 2 ? random_.next() % (data.size() + 1) : data.size();
    for (std::size_t at = 0; at < data.size();) {
        const std::size_t in_sector = sector_bytes - (offset + at) % sector_bytes;
        const std::string_view sector = data.substr(at, in_sector);
        const bool is_kept =
            how == 1 || (how == 2 && at < first_lost) || (how == 3 && random_.next() % 2 == 0);
        if (is_kept) write_into(inode.durable, offset + at, sector);
        at += sector.size();
    }
}

void Disk::lose_power() {
    const std::size_t kept = random_.next() % (unsynced_names_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) unsynced_names_[i](durable_names_);
    unsynced_names_.clear();
    for (auto& [name, inode] : names_) {
        if (inode == nullptr) continue;
        for (const Inode::Written& written : inode->unsynced) {
            keep_some_sectors(*inode, written.offset, written.data);
        }
        inode->unsynced.clear();
    }
    names_ = durable_names_;
    for (auto& [name, inode] : names_) {
        if (inode == nullptr) continue;
        inode->unsynced.clear();
        inode->cached = inode->durable;
    }
    ++boot_[0];
    if (boot_[0] == 0) ++boot_[1];
    is_direct_ = random_.next() % 2 == 0;
}

std::optional<Disk::Flip> Disk::flip_bit() {
    std::vector<std::pair<std::string, InodePtr>> candidates;
    for (const auto& [name, inode] : names_) {
        const bool is_log = name.find("/log/") != std::string::npos || name.ends_with("high-water");
        if (inode != nullptr && is_log && !inode->durable.empty())
            candidates.emplace_back(name, inode);
    }
    if (candidates.empty()) return std::nullopt;
    const auto& [name, inode] = candidates[random_.next() % candidates.size()];
    // Where something was written, for segments are mostly zeros.
    std::uint64_t offset = random_.next() % inode->durable.size();
    for (int tries = 0; tries < 200 && inode->durable[offset] == '\0'; ++tries) {
        offset = random_.next() % inode->durable.size();
        if (tries % 2 == 1) offset = offset % std::min<std::size_t>(inode->durable.size(), 65536);
    }
    Flip flip{name, offset, static_cast<std::uint8_t>(1U << random_.next() % 8)};
    flip_back(flip);
    return flip;
}

void Disk::flip_back(const Flip& flip) {
    const auto found = names_.find(flip.path);
    if (found == names_.end()) return;
    for (std::string* const content : {&found->second->durable, &found->second->cached}) {
        if (flip.offset >= content->size()) continue;
        char& byte = (*content)[flip.offset];
        byte = static_cast<char>(static_cast<std::uint8_t>(byte) ^ flip.bit);
    }
}

// ---- the store ---------------------------------------------------------------------------------

struct Disk::Stored {
    std::map<std::string, std::string> entries;  // key: a byte for the table, then the key
    std::optional<journal::Position> position;
};

namespace {

std::string stored_key(Table table, std::string_view key) {
    return std::string(1, static_cast<char>(table)).append(key);
}

using Entries = std::map<std::string, std::string>;

/// A cursor over a stretch of the entries. Nothing is written while one lives: a page of a scan is
/// taken under a lock, and no fiber gives way within.
class EntriesCursor final : public journal::Cursor {
 public:
    EntriesCursor(Entries::const_iterator low, Entries::const_iterator high, bool reverse)
        : low_(low), high_(high), at_(reverse ? high : low), reverse_(reverse) {
        if (reverse_ && low_ != high_) --at_;
    }

    bool is_at_end() const override { return low_ == high_; }
    std::string_view key() const override { return std::string_view(at_->first).substr(1); }
    std::optional<std::string_view> value() const override { return at_->second; }
    void next() override {
        if (!reverse_) {
            low_ = ++at_;
        } else {
            high_ = at_;
            if (low_ != high_) --at_;
        }
    }

 private:
    Entries::const_iterator low_;
    Entries::const_iterator high_;
    Entries::const_iterator at_;
    const bool reverse_;
};

}  // namespace

class Disk::SimulatedStore final : public journal::Store {
 public:
    explicit SimulatedStore(Disk& disk) : disk_(disk) {}

    std::optional<journal::Position> position() const noexcept override {
        return disk_.stored_->position;
    }
    Result<> write(const journal::Tables& changes, const journal::Position& position) override {
        if (const int error = disk_.begin_call(Kind::change, 6); error != 0) {
            return journal::file_error("cannot write", "store", error);
        }
        if (disk_.is_crash_call() && disk_.random_.next() % 2 == 0) disk_.crash_if_planned();
        auto& entries = disk_.stored_->entries;
        for (std::uint8_t number = 0; number < table_count; ++number) {
            for (const auto* const entry : changes.of(Table{number}).sorted()) {
                const std::string key = stored_key(Table{number}, entry->key());
                if (const auto value = entry->value()) {
                    entries.insert_or_assign(key, std::string(*value));
                } else {
                    entries.erase(key);
                }
            }
        }
        disk_.stored_->position = position;
        disk_.crash_if_planned();
        return {};
    }
    Result<> verify() const override { return {}; }
    std::optional<std::string> get(Table table, std::string_view key) const override {
        const auto& entries = disk_.stored_->entries;
        const auto found = entries.find(stored_key(table, key));
        return found == entries.end() ? std::nullopt : std::optional(found->second);
    }
    std::unique_ptr<journal::Cursor> cursor(Table table, const journal::KeyBounds& bounds,
                                            bool reverse) const override {
        const auto& entries = disk_.stored_->entries;
        const auto low = entries.lower_bound(stored_key(table, bounds.low));
        const bool is_empty = bounds.high && *bounds.high <= bounds.low;
        const auto high = entries.lower_bound(
            bounds.high ? stored_key(table, *bounds.high)
                        : std::string(1, static_cast<char>(static_cast<int>(table) + 1)));
        return std::make_unique<EntriesCursor>(low, is_empty ? low : high, reverse);
    }

 private:
    Disk& disk_;
};

Disk::~Disk() = default;

std::unique_ptr<journal::Store> Disk::open_store() {
    if (stored_ == nullptr) stored_ = std::make_unique<Stored>();
    return std::make_unique<SimulatedStore>(*this);
}

}  // namespace stepwell::sim
