// What an ItemReader reads, and how its objects become the items of a Map.
//
// source  AWS Step Functions Developer Guide, "ItemReader (Map)"; recorded cases
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/payload.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

#include "asl/map_run.hpp"
#include "flow/ports.hpp"
#include "json/value.hpp"

namespace stepwell::flow {

/// A text among the Parameters (Arguments) of an ItemReader or a ResultWriter; empty where it is
/// none.
std::string text_parameter(json::Value parameters, std::string_view name);

inline constexpr std::string_view reader_error = "States.ItemReaderFailed";

struct ItemSource {
    bool is_listing = false;  ///< the objects of a bucket are the items
    std::string bucket;
    std::string key;     ///< of an object that holds the items
    std::string prefix;  ///< of the keys that are listed
    asl::ReaderConfig config;
    std::uint64_t items_max = 0;  ///< 0: all
};

/// What the Map's ItemReader names with these Parameters (Arguments).
///
/// errors  any, with a cause for States.ItemReaderFailed: no Bucket, no Key, a format that is not
///         read here
Result<ItemSource> item_source(const asl::State& state, const Payload& parameters);

/// Reads the items: an array. `done` runs once, on any thread.
void read_items(ObjectPort& objects, ItemSource source, UniqueFunction<void(Result<Payload>)> done);

/// The items that an object's text holds, as an array.
///
/// errors  any, with a cause: the text is not of that format
Result<Payload> items_of_text(const ItemSource& source, std::string_view text);
/// Each object of a listing as an item: Etag, Key, LastModified, Size, StorageClass.
Payload items_of_listing(const std::vector<ListedObject>& objects);

}  // namespace stepwell::flow
