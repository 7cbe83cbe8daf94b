#include "base/errors.hpp"
#include "journal/storage.hpp"

namespace stepwell::journal {

Result<std::unique_ptr<Storage>> open_storage(StorageOptions options) {
    if (options.durability == Durability::none) return make_memory_storage();
    return Error(errors::system_failure, "only durability none is there yet");
}

}  // namespace stepwell::journal
