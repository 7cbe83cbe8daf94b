#include "asl/jsonata/function_library.hpp"

#include <unordered_map>

#include "base/assert.hpp"

namespace stepwell::asl::jsonata {

namespace {

using Library = std::unordered_map<std::string_view, Builtin>;

Library make_library(Dialect dialect) {
    const LibraryEntry::In other =
        dialect == Dialect::jsonata ? LibraryEntry::In::step_functions : LibraryEntry::In::jsonata;
    Library library;
    for (const LibraryPart part :
         {string_functions(), matching_functions(), encoding_functions(), number_functions(),
          array_functions(), object_functions(), higher_order_functions(), time_functions(),
          step_functions_functions()}) {
        for (const LibraryEntry& entry : part) {
            if (entry.dialects == other) continue;
            std::string_view error;
            auto signature = Signature::parse(entry.signature, error);
            SW_ASSERT(signature != nullptr);
            const bool is_new = library
                                    .emplace(entry.name, Builtin{{Function::Kind::builtin},
                                                                 entry.name,
                                                                 entry.signature,
                                                                 entry.arity,
                                                                 entry.body,
                                                                 signature})
                                    .second;
            SW_ASSERT(is_new);
        }
    }
    return library;
}

}  // namespace

const Builtin* find_builtin(std::string_view name, Dialect dialect) {
    static const Library jsonata = make_library(Dialect::jsonata);
    static const Library step_functions = make_library(Dialect::step_functions);
    const Library& library = dialect == Dialect::jsonata ? jsonata : step_functions;
    const auto found = library.find(name);
    return found == library.end() ? nullptr : &found->second;
}

}  // namespace stepwell::asl::jsonata
