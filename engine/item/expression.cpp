#include "item/expression.hpp"

#include <algorithm>
#include <array>

#include "base/try.hpp"
#include "item/errors.hpp"

namespace stepwell::item {

namespace {

using Kind = UpdateAction::Kind;

constexpr std::string_view bad_path =
    "The document path provided in the update expression is invalid for update";
constexpr std::string_view bad_operand =
    "An operand in the update expression has an incorrect data type";

bool is_placeholder(std::string_view text, char mark) {
    return text.size() > 1 && text[0] == mark &&
           std::all_of(text.begin() + 1, text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_';
           });
}

Error invalid_placeholder(std::string_view parameter, std::string_view key) {
    return errors::invalid(std::string(parameter) + " contains invalid key: Syntax error; key: \"" +
                           std::string(key) + "\"");
}

// --- Conditions

// What an operand stands for; nullptr for nothing. A size is written to `own`.
const Value* value_of(const Node& operand, const Item& item, Value& own) {
    if (operand.op == Op::value) return &operand.value;
    const Node& inner = operand.op == Op::size ? operand.args[0] : operand;
    const Value* const found = inner.op == Op::value ? &inner.value : find(item, inner.path);
    if (found == nullptr || operand.op == Op::path) return found;
    std::size_t size = 0;
    switch (found->type) {
        case Type::s:
        case Type::b:
            size = found->text().size();
            break;
        case Type::ss:
        case Type::bs:
            size = found->texts().size();
            break;
        case Type::ns:
            size = found->numbers().size();
            break;
        case Type::l:
            size = found->list().size();
            break;
        case Type::m:
            size = found->map().size();
            break;
        default:
            return nullptr;
    }
    own = Value::number(*Number::parse(std::to_string(size)));
    return &own;
}

bool has_order(Op op, std::strong_ordering order) {
    switch (op) {
        case Op::less:
            return order < 0;
        case Op::less_equal:
            return order <= 0;
        case Op::greater:
            return order > 0;
        default:
            return order >= 0;
    }
}

bool contains(const Value& whole, const Value& part) {
    const auto has = [&](const auto& all, const auto& one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    };
    switch (whole.type) {
        case Type::s:
        case Type::b:
            return whole.type == part.type && whole.text().find(part.text()) != std::string::npos;
        case Type::ss:
            return part.type == Type::s && has(whole.texts(), part.text());
        case Type::bs:
            return part.type == Type::b && has(whole.texts(), part.text());
        case Type::ns:
            return part.type == Type::n && has(whole.numbers(), part.number());
        case Type::l:
            return std::any_of(whole.list().begin(), whole.list().end(),
                               [&](const Value& each) { return equal(each, part); });
        default:
            return false;
    }
}

bool compares(const Node& condition, const Item& item) {
    Value own_a;
    Value own_b;
    const Value* const a = value_of(condition.args[0], item, own_a);
    const Value* const b = value_of(condition.args[1], item, own_b);
    const bool both = a != nullptr && b != nullptr;
    switch (condition.op) {
        case Op::equal:
            return both && equal(*a, *b);
        case Op::not_equal:
            return !both || !equal(*a, *b);
        case Op::begins_with:
            return both && a->type == b->type && (a->type == Type::s || a->type == Type::b) &&
                   a->text().starts_with(b->text());
        case Op::contains:
            return both && contains(*a, *b);
        case Op::attribute_type:
            return both && name_of(a->type) == b->text();
        default: {
            const auto order = both ? compare(*a, *b) : std::nullopt;
            return order.has_value() && has_order(condition.op, *order);
        }
    }
}

bool is_between(const Node& condition, const Item& item) {
    std::array<Value, 3> own;
    const Value* const value = value_of(condition.args[0], item, own[0]);
    const Value* const low = value_of(condition.args[1], item, own[1]);
    const Value* const high = value_of(condition.args[2], item, own[2]);
    if (value == nullptr || low == nullptr || high == nullptr) return false;
    const auto above = compare(*value, *low);
    const auto below = compare(*value, *high);
    return above.has_value() && below.has_value() && *above >= 0 && *below <= 0;
}

bool is_in(const Node& condition, const Item& item) {
    Value own_value;
    const Value* const value = value_of(condition.args[0], item, own_value);
    if (value == nullptr) return false;
    return std::any_of(condition.args.begin() + 1, condition.args.end(), [&](const Node& each) {
        Value own;
        const Value* const candidate = value_of(each, item, own);
        return candidate != nullptr && equal(*value, *candidate);
    });
}

// --- Updates

Result<Value> operand_value(const Node& operand, const Item& item) {
    if (operand.op == Op::value) return operand.value;
    if (operand.op == Op::path) {
        const Value* const found = find(item, operand.path);
        if (found != nullptr) return *found;
        return errors::invalid(
            "The provided expression refers to an attribute that does not exist in the item");
    }
    if (operand.op == Op::if_not_exists) {
        const Value* const found = find(item, operand.args[0].path);
        if (found != nullptr) return *found;
        return operand_value(operand.args[1], item);
    }
    SW_TRY(Value a, operand_value(operand.args[0], item));
    SW_TRY(Value b, operand_value(operand.args[1], item));
    if (operand.op == Op::list_append) {
        if (a.type != Type::l || b.type != Type::l)
            return errors::invalid(std::string(bad_operand));
        List list = std::get<List>(std::move(a.content));
        for (Value& element : std::get<List>(b.content)) list.push_back(std::move(element));
        return Value{Type::l, std::move(list)};
    }
    if (a.type != Type::n || b.type != Type::n) return errors::invalid(std::string(bad_operand));
    SW_TRY(Number sum,
           Number::sum(a.number(), operand.op == Op::plus ? b.number() : b.number().negated()));
    return Value::number(std::move(sum));
}

// Where a path ends: the map or list that holds its last element.
Value* parent_of(Item& item, const Path& path, Value& root) {
    if (path.size() == 1) return &root;
    const auto found = item.find(path[0].name);
    Value* at = found == item.end() ? nullptr : &found->second;
    for (std::size_t i = 1; at != nullptr && i + 1 < path.size(); ++i) {
        if (path[i].index.has_value()) {
            List* const list = std::get_if<List>(&at->content);
            at = list != nullptr && *path[i].index < list->size() ? &(*list)[*path[i].index]
                                                                  : nullptr;
        } else {
            Map* const map = std::get_if<Map>(&at->content);
            const auto child = map == nullptr ? Map::iterator{} : map->find(path[i].name);
            at = map != nullptr && child != map->end() ? &child->second : nullptr;
        }
    }
    return at;
}

Result<> put(Item& item, const Path& path, Value value) {
    const PathElement& last = path.back();
    if (path.size() == 1) {
        item.insert_or_assign(last.name, std::move(value));
        return {};
    }
    Value root;
    Value* const parent = parent_of(item, path, root);
    if (parent == nullptr) return errors::invalid(std::string(bad_path));
    if (last.index.has_value()) {
        List* const list = std::get_if<List>(&parent->content);
        if (list == nullptr) return errors::invalid(std::string(bad_path));
        if (*last.index < list->size()) {
            (*list)[*last.index] = std::move(value);
        } else {
            list->push_back(std::move(value));
        }
        return {};
    }
    Map* const map = std::get_if<Map>(&parent->content);
    if (map == nullptr) return errors::invalid(std::string(bad_path));
    map->insert_or_assign(last.name, std::move(value));
    return {};
}

Result<> remove(Item& item, const Path& path) {
    const PathElement& last = path.back();
    if (path.size() == 1) {
        item.erase(last.name);
        return {};
    }
    Value root;
    Value* const parent = parent_of(item, path, root);
    if (parent == nullptr) return errors::invalid(std::string(bad_path));
    if (last.index.has_value()) {
        List* const list = std::get_if<List>(&parent->content);
        if (list == nullptr) return errors::invalid(std::string(bad_path));
        if (*last.index < list->size()) list->erase(list->begin() + *last.index);
        return {};
    }
    Map* const map = std::get_if<Map>(&parent->content);
    if (map == nullptr) return errors::invalid(std::string(bad_path));
    map->erase(last.name);
    return {};
}

template <class Element>
void unite(std::vector<Element>& all, const std::vector<Element>& more) {
    const std::set<Element> known(all.begin(), all.end());
    for (const Element& element : more) {
        if (!known.contains(element)) all.push_back(element);
    }
}
template <class Element>
void subtract(std::vector<Element>& all, const std::vector<Element>& less) {
    const std::set<Element> gone(less.begin(), less.end());
    std::erase_if(all, [&](const Element& element) { return gone.contains(element); });
}

Result<> add(Item& item, const Path& path, const Value& value) {
    const Value* const old = find(item, path);
    if (old == nullptr) return put(item, path, value);
    if (old->type != value.type) return errors::invalid(std::string(bad_operand));
    if (value.type == Type::n) {
        SW_TRY(Number sum, Number::sum(old->number(), value.number()));
        return put(item, path, Value::number(std::move(sum)));
    }
    Value all = *old;
    if (value.type == Type::ns) {
        unite(std::get<Value::Numbers>(all.content), value.numbers());
    } else {
        unite(std::get<Value::Texts>(all.content), value.texts());
    }
    return put(item, path, std::move(all));
}

Result<> erase(Item& item, const Path& path, const Value& value) {
    const Value* const old = find(item, path);
    if (old == nullptr) {
        Value root;
        if (parent_of(item, path, root) == nullptr) return errors::invalid(std::string(bad_path));
        return {};
    }
    if (old->type != value.type) return errors::invalid(std::string(bad_operand));
    Value rest = *old;
    bool is_empty = false;
    if (value.type == Type::ns) {
        auto& numbers = std::get<Value::Numbers>(rest.content);
        subtract(numbers, value.numbers());
        is_empty = numbers.empty();
    } else {
        auto& texts = std::get<Value::Texts>(rest.content);
        subtract(texts, value.texts());
        is_empty = texts.empty();
    }
    return is_empty ? remove(item, path) : put(item, path, std::move(rest));
}

// The order in which actions are carried out. Indexes mean the lists as they were: elements are
// removed last, from the back; those behind a list's end are added from the front.
bool comes_before(const UpdateAction* a, const UpdateAction* b) {
    const bool a_removes = a->kind == Kind::remove;
    const bool b_removes = b->kind == Kind::remove;
    if (a_removes != b_removes) return b_removes;
    const auto index = [](const UpdateAction* action) {
        return action->path.back().index.value_or(0);
    };
    return a_removes ? index(a) > index(b) : index(a) < index(b);
}

// --- Projections

void copy_path(const Value& from, Value& to, const Path& path, std::size_t at);

void copy_element(const Map& from, Map& to, const Path& path, std::size_t at) {
    const auto found = from.find(path[at].name);
    if (found == from.end()) return;
    if (at + 1 == path.size()) {
        to.insert_or_assign(found->first, found->second);
        return;
    }
    if (find(from, Path(path.begin() + static_cast<std::ptrdiff_t>(at), path.end())) == nullptr)
        return;
    auto [child, is_new] = to.try_emplace(found->first);
    if (is_new) {
        child->second.type = found->second.type;
        if (found->second.type == Type::m) {
            child->second.content = Map{};
        } else {
            child->second.content = List{};
        }
    }
    copy_path(found->second, child->second, path, at + 1);
}

// The elements of lists that are taken stand together, in the order of the expression.
void copy_path(const Value& from, Value& to, const Path& path, std::size_t at) {
    if (!path[at].index.has_value())
        return copy_element(from.map(), std::get<Map>(to.content), path, at);
    const Value& element = from.list()[*path[at].index];
    List& list = std::get<List>(to.content);
    if (at + 1 == path.size()) {
        list.push_back(element);
        return;
    }
    Value part{element.type, {}};
    if (element.type == Type::m) {
        part.content = Map{};
    } else {
        part.content = List{};
    }
    copy_path(element, part, path, at + 1);
    list.push_back(std::move(part));
}

}  // namespace

std::string text_of(const Path& path) {
    std::string text = "[";
    for (const PathElement& element : path) {
        if (text.size() > 1) text += ", ";
        text +=
            element.index.has_value() ? "[" + std::to_string(*element.index) + "]" : element.name;
    }
    return text + "]";
}

Result<Placeholders> Placeholders::make(std::optional<Names> names, std::optional<Map> values) {
    Placeholders placeholders;
    if (names.has_value()) {
        if (names->empty()) return errors::invalid("ExpressionAttributeNames must not be empty");
        for (const auto& [key, name] : *names) {
            if (!is_placeholder(key, '#'))
                return invalid_placeholder("ExpressionAttributeNames", key);
        }
        placeholders.names_ = *std::move(names);
    }
    if (values.has_value()) {
        if (values->empty()) return errors::invalid("ExpressionAttributeValues must not be empty");
        for (const auto& [key, value] : *values) {
            if (!is_placeholder(key, ':'))
                return invalid_placeholder("ExpressionAttributeValues", key);
        }
        placeholders.values_ = *std::move(values);
    }
    return placeholders;
}

const std::string* Placeholders::name(std::string_view placeholder) {
    const auto found = names_.find(placeholder);
    if (found == names_.end()) return nullptr;
    used_.emplace(placeholder);
    return &found->second;
}

const Value* Placeholders::value(std::string_view placeholder) {
    const auto found = values_.find(placeholder);
    if (found == values_.end()) return nullptr;
    used_.emplace(placeholder);
    return &found->second;
}

Result<> Placeholders::check_all_used() const {
    const auto unused = [&](const auto& all, std::string_view parameter) -> Result<> {
        std::string keys;
        for (const auto& [key, value] : all) {
            if (!used_.contains(key)) keys.append(keys.empty() ? "" : ", ").append(key);
        }
        if (keys.empty()) return {};
        return errors::invalid("Value provided in " + std::string(parameter) +
                               " unused in expressions: keys: {" + keys + "}");
    };
    if (auto names = unused(names_, "ExpressionAttributeNames"); !names.has_value()) return names;
    return unused(values_, "ExpressionAttributeValues");
}

const Value* find(const Item& item, const Path& path) {
    const auto first = item.find(path[0].name);
    if (first == item.end()) return nullptr;
    const Value* at = &first->second;
    for (std::size_t i = 1; i < path.size(); ++i) {
        if (path[i].index.has_value()) {
            const List* const list = std::get_if<List>(&at->content);
            if (list == nullptr || *path[i].index >= list->size()) return nullptr;
            at = &(*list)[*path[i].index];
        } else {
            const Map* const map = std::get_if<Map>(&at->content);
            if (map == nullptr) return nullptr;
            const auto found = map->find(path[i].name);
            if (found == map->end()) return nullptr;
            at = &found->second;
        }
    }
    return at;
}

bool holds(const Node& condition, const Item& item) {
    const auto holds_too = [&](const Node& part) { return holds(part, item); };
    switch (condition.op) {
        case Op::all_of:
            return std::all_of(condition.args.begin(), condition.args.end(), holds_too);
        case Op::any_of:
            return std::any_of(condition.args.begin(), condition.args.end(), holds_too);
        case Op::negation:
            return !holds(condition.args[0], item);
        case Op::attribute_exists:
            return find(item, condition.args[0].path) != nullptr;
        case Op::attribute_not_exists:
            return find(item, condition.args[0].path) == nullptr;
        case Op::between:
            return is_between(condition, item);
        case Op::in:
            return is_in(condition, item);
        default:
            return compares(condition, item);
    }
}

Result<Item> apply_update(const Update& update, const Item& item) {
    std::vector<const UpdateAction*> actions;
    for (const UpdateAction& action : update.actions) actions.push_back(&action);
    std::stable_sort(actions.begin(), actions.end(), comes_before);
    Item updated = item;
    for (const UpdateAction* const action : actions) {
        Result<> done;
        if (action->kind == Kind::set) {
            SW_TRY(Value value, operand_value(action->value, item));
            done = put(updated, action->path, std::move(value));
        } else if (action->kind == Kind::remove) {
            done = remove(updated, action->path);
        } else if (action->kind == Kind::add) {
            done = add(updated, action->path, action->value.value);
        } else {
            done = erase(updated, action->path, action->value.value);
        }
        if (!done.has_value()) return done.error();
    }
    return updated;
}

Item project(const Item& item, const std::vector<Path>& paths) {
    Item part;
    for (const Path& path : paths) copy_element(item, part, path, 0);
    return part;
}

}  // namespace stepwell::item
