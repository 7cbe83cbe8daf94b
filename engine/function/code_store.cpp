#include "function/code_store.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/errors.hpp"
#include "base/random.hpp"
#include "function/bootstrap.hpp"
#include "function/package.hpp"

namespace stepwell::function {

namespace fs = std::filesystem;

namespace {

Error disk_error(const std::string& path, const std::error_code& error) {
    return Error(stepwell::errors::system_failure, "cannot make " + path + ": " + error.message());
}

Result<> write_file(const std::string& path, std::string_view text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    if (file.fail()) return Error(stepwell::errors::system_failure, "cannot write " + path);
    return {};
}

// The whole path of what exists; empty for what does not.
std::string existing_path(const std::string& path) {
    std::error_code error;
    if (path.empty()) return path;
    const fs::path found = fs::canonical(path, error);
    return error ? std::string() : found.string();
}

std::string temporary_path() {
    std::error_code error;
    const fs::path directory = fs::temp_directory_path(error);
    return (error ? fs::path("/tmp") : directory).string() + "/stepwell-functions-" + make_uuid();
}

}  // namespace

UnpackedCode::~UnpackedCode() {
    const auto worker = worker_.lock();
    if (!worker) return;  // its store has deleted everything
    worker->post([directory = directory_] {
        std::error_code ignored;
        fs::remove_all(directory, ignored);
    });
}

CodeStore::CodeStore(std::string directory, std::string sdk_directory, EventLoop& worker)
    : directory_(std::move(directory)),
      sdk_directory_(existing_path(sdk_directory)),
      root_(directory_.empty()
                ? temporary_path()
                : fs::absolute(directory_).lexically_normal().string() + "/" + make_uuid()),
      worker_(worker) {}

CodeStore::~CodeStore() {
    std::error_code ignored;
    if (is_made_) fs::remove_all(root_, ignored);
}

Result<> CodeStore::make_root() {
    std::error_code error;
    if (!directory_.empty()) {
        fs::create_directories(directory_, error);
        if (error) return disk_error(directory_, error);
        for (const fs::directory_entry& left_over : fs::directory_iterator(directory_, error)) {
            std::error_code ignored;
            fs::remove_all(left_over.path(), ignored);
        }
    }
    const bool is_new = fs::create_directory(root_, error);
    if (error || !is_new) return disk_error(root_, error);
    is_made_ = true;
    fs::permissions(root_, fs::perms::owner_all, error);
    for (const char* part : {"/bootstrap", "/code", "/sandbox"})
        fs::create_directory(root_ + part, error);
    if (error) return disk_error(root_, error);
    if (!sdk_directory_.empty())
        fs::create_directory_symlink(sdk_directory_, root_ + "/node_modules", error);
    if (error) return disk_error(root_ + "/node_modules", error);
    for (const auto& [name, text] : {std::pair{"/package.json", std::string_view("{}\n")},
                                     std::pair{"/bootstrap/node.cjs", node_bootstrap},
                                     std::pair{"/bootstrap/python.py", python_bootstrap}}) {
        if (auto written = write_file(root_ + name, text); !written.has_value())
            return written.error();
    }
    return {};
}

Result<std::string> CodeStore::root() {
    if (!is_made_) {
        auto made = make_root();
        if (!made.has_value()) return made.error();
    }
    return root_;
}

Result<CodePtr> CodeStore::unpack(std::string_view zip) {
    const auto found = root();
    if (!found.has_value()) return found.error();
    const std::string directory = *found + "/code/" + std::to_string(next_number_++);
    std::error_code error;
    fs::create_directory(directory, error);
    if (error) return disk_error(directory, error);
    auto code = std::make_shared<const UnpackedCode>(directory, worker_);
    auto unpacked = unpack_zip(zip, directory);
    if (!unpacked.has_value()) return unpacked.error();
    return CodePtr(std::move(code));
}

}  // namespace stepwell::function
