// Deployment packages: what comes out of a zip archive, and what is refused.
#include "function/package.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/random.hpp"
#include "function/zip.hpp"

namespace stepwell::function::testing {
namespace {

namespace fs = std::filesystem;

class Package : public ::testing::Test {
 protected:
    void SetUp() override { fs::create_directories(root); }
    void TearDown() override { fs::remove_all(root.parent_path()); }

    std::string error_of(const std::string& zip, const PackageLimits& limits = {}) {
        const auto unpacked = unpack_zip(zip, root.string(), limits);
        return unpacked.has_error() ? unpacked.error().message() : "";
    }
    std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(root / name).rdbuf();
        return text.str();
    }
    unsigned mode(const std::string& name) const {
        struct stat status{};
        return ::stat((root / name).c_str(), &status) == 0 ? status.st_mode & 07777u : 0;
    }

    const fs::path root = fs::temp_directory_path() / ("stepwell-package-" + make_uuid()) / "root";
};

TEST_F(Package, FilesAndFoldersComeOut) {
    EXPECT_EQ(
        error_of(make_zip(
            {{"a.js", "A"}, {"lib", "", AE_IFDIR, 0755}, {"lib/deep/b.js", "B"}, {"empty", ""}})),
        "");
    EXPECT_EQ(read("a.js"), "A");
    EXPECT_EQ(read("lib/deep/b.js"), "B");
    EXPECT_TRUE(fs::exists(root / "empty"));
}

TEST_F(Package, ExecutablesStayExecutableAndSpecialBitsAreDropped) {
    EXPECT_EQ(error_of(make_zip({{"bootstrap", "x", AE_IFREG, 0755},
                                 {"root", "x", AE_IFREG, 06777},
                                 {"data", "x", AE_IFREG, 0666}})),
              "");
    EXPECT_EQ(mode("bootstrap"), 0755u);
    EXPECT_EQ(mode("root"), 0755u);
    EXPECT_EQ(mode("data"), 0644u);
}

TEST_F(Package, LinksInsideAreMade) {
    EXPECT_EQ(error_of(make_zip({{"node_modules/.bin/tool", "../pkg/cli.js", AE_IFLNK},
                                 {"node_modules/pkg/cli.js", "cli"}})),
              "");
    EXPECT_EQ(read("node_modules/.bin/tool"), "cli");
}

TEST_F(Package, BackslashesLeadNowhereElse) {
    error_of(make_zip({{"..\\evil", "x"}}));
    EXPECT_FALSE(fs::exists(root.parent_path() / "evil"));
}

// The writer of archives refuses them, so a link is turned into what is no file by its mode
// (0120644 there, little-endian).
TEST_F(Package, DevicesAndPipesAreNotMade) {
    for (const char* mode_bytes : {"\xA4\x11", "\xA4\x21", "\xA4\x61",
                                   "\xA4\xC1"}) {  // FIFO, character and block device, socket
        std::string zip = make_zip({{"node", "target", AE_IFLNK, 0644}});
        const std::string link_mode = "\xA4\xA1";
        std::size_t replaced = 0;
        for (std::size_t at = 0; (at = zip.find(link_mode, at)) != std::string::npos; ++replaced)
            zip.replace(at, 2, mode_bytes);
        ASSERT_GT(replaced, 0U);
        if (error_of(zip).empty()) {
            EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(root / "node")));
        }
        fs::remove_all(root / "node");
    }
}

struct Refused {
    const char* name;
    std::vector<ZipEntry> entries;
};
class PackageThatIsRefused : public Package, public ::testing::WithParamInterface<Refused> {};

TEST_P(PackageThatIsRefused, LeavesNothingOutside) {
    const std::string error = error_of(make_zip(GetParam().entries));
    EXPECT_TRUE(error.starts_with("Could not unzip uploaded file: entry '")) << error;
    EXPECT_FALSE(fs::exists(root.parent_path() / "evil"));
    EXPECT_FALSE(fs::exists("/tmp/stepwell-evil"));
}

INSTANTIATE_TEST_SUITE_P(
    All, PackageThatIsRefused,
    ::testing::Values(Refused{"ParentPath", {{"../evil", "x"}}},
                      Refused{"HiddenParentPath", {{"a/../../evil", "x"}}},
                      Refused{"AbsolutePath", {{"/tmp/stepwell-evil", "x"}}},
                      Refused{"AbsoluteLink", {{"link", "/etc/passwd", AE_IFLNK}}},
                      Refused{"LinkToParent", {{"link", "../evil", AE_IFLNK}}},
                      Refused{"LinkDeepToParent", {{"a/link", "../../evil", AE_IFLNK}}},
                      Refused{"LinkThatDescendsFirst", {{"a/link", "b/../../../evil", AE_IFLNK}}},
                      Refused{"LinkBehindALink",
                              {{"a", "b", AE_IFLNK}, {"b/x", "file"}, {"a/link", "x", AE_IFLNK}}}),
    [](const auto& test) { return std::string(test.param.name); });

// A link that the archive names first does not lead a file that it names later.
TEST_F(Package, NothingIsWrittenThroughALink) {
    fs::create_directories(root.parent_path() / "outside");
    EXPECT_NE(error_of(make_zip({{"a", "b", AE_IFLNK}, {"a/file", "x"}})), "");
    EXPECT_TRUE(fs::is_empty(root.parent_path() / "outside"));
}

TEST_F(Package, BombsAreDefused) {
    PackageLimits limits;
    limits.unpacked_bytes_max = 1 << 20;
    EXPECT_EQ(error_of(make_zip({{"big", std::string((1 << 20) + 1, '0')}}), limits),
              "Unzipped size must be smaller than 1048576 bytes");
}

TEST_F(Package, TooManyEntriesAreRefused) {
    PackageLimits limits;
    limits.entries_max = 2;
    EXPECT_NE(
        error_of(make_zip({{"a", ""}, {"b", ""}, {"c", ""}}), limits).find("more than 2 entries"),
        std::string::npos);
}

TEST_F(Package, WhatIsNoZipIsRefused) {
    const std::string message =
        "Could not unzip uploaded file. Please check your file, then try to upload again.";
    EXPECT_EQ(error_of("this is no archive at all"), message);
    EXPECT_EQ(error_of(""), message);
    std::string cut = make_zip({{"a.js", std::string(10'000, 'x')}, {"b.js", "y"}});
    EXPECT_NE(error_of(cut.substr(0, cut.size() / 2)), "");
}

TEST_F(Package, AnyBrokenByteIsAnErrorOrHarmless) {
    const std::string good = make_zip(
        {{"a.js", "content of a"}, {"lib/b.js", "content of b"}, {"link", "a.js", AE_IFLNK}});
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 0x41);
        fs::remove_all(root);
        fs::create_directories(root);
        error_of(bad);
        ASSERT_EQ(
            std::distance(fs::directory_iterator(root.parent_path()), fs::directory_iterator()), 1)
            << "byte " << i;
    }
}

TEST_F(Package, Sha256IsBase64) {
    EXPECT_EQ(code_sha256("abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

}  // namespace
}  // namespace stepwell::function::testing
