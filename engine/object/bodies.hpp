// Where the bytes of objects lie: small ones in the store, large ones in files beside it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "base/file_content.hpp"
#include "object/object.hpp"
#include "object/workers.hpp"

namespace stepwell::object {

/// What a caller brings: bytes, or a file that was written as they came in.
struct Incoming {
    std::string bytes = {};
    std::shared_ptr<TemporaryFile> file = {};

    std::uint64_t size() const noexcept { return file != nullptr ? file->size() : bytes.size(); }
};

/// Owns a directory with one file for each large body, named by its id; never by a key.
///
/// A file has its name, and is safe on the device, before the commit that refers to it; it is
/// deleted after the one that no longer does. What a crash leaves between is deleted by `recover`.
///
/// threads  any, after `recover`
class Bodies {
 public:
    struct Options {
        std::string directory = {};  ///< empty: everything lies in the store
        bool syncs = true;           ///< a commit is to survive the loss of power
    };
    Bodies(Options options, Storage& storage, std::shared_ptr<Workers> workers)
        : options_(std::move(options)), storage_(storage), workers_(std::move(workers)) {}

    /// errors  SystemFailure
    Result<> recover();

    /// A body that is ready to be committed; given up uncommitted, it leaves nothing.
    class Placed {
     public:
        Placed() = default;
        Placed(Placed&& other) noexcept
            : part(std::move(other.part)),
              bytes(std::move(other.bytes)),
              path_(std::exchange(other.path_, {})) {}
        Placed& operator=(Placed&&) = delete;
        ~Placed();

        Part part;          ///< its body, its MD5 and its checksum
        std::string bytes;  ///< of one that goes into the store

     private:
        friend class Bodies;
        std::string path_;  // of a file that is not committed
    };

    /// True when `place` will not wait for the disk.
    bool is_quick(const Incoming& incoming) const noexcept;
    /// Puts the bytes where they stay, and computes their MD5 and checksum. May block.
    /// errors  SystemFailure
    Result<Placed> place(Incoming incoming, ChecksumAlgorithm algorithm);

    void put(Effects& effects, Placed placed);
    void erase(Effects& effects, const Body& body);

    /// A copy of what others hold, to be placed. Blocks.
    Result<Incoming> copy_of(const Content& content) const;

    /// `size` bytes from `offset` on of the parts one after the other.
    /// errors  InternalError: one of them is there no more
    Result<Content> open(std::span<const Part> parts, std::uint64_t offset,
                         std::uint64_t size) const;

 private:
    std::string path_of(BodyId id) const;
    Result<> place_file(TemporaryFile& file, BodyId id) const;
    BodyId next_id() noexcept;

    const Options options_;
    Storage& storage_;
    const std::shared_ptr<Workers> workers_;
    std::atomic<std::uint64_t> next_{0};
};

}  // namespace stepwell::object
