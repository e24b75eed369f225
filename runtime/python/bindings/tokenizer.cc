#include "henson/tokenizer.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "runtime/python/bindings/module.h"
#include "runtime/python/bindings/text_ranges.h"

namespace nb = nanobind;

namespace henson::python {
namespace {

using Range = std::pair<std::uint32_t, std::uint32_t>;

/// An encoding whose offsets count characters.
struct PythonEncoding {
  Encoding encoding;
  std::vector<Range> offsets;
};

PythonEncoding encode(const Tokenizer& tokenizer, const std::string& text,
                      const std::optional<std::string>& pair, std::size_t max_length,
                      bool add_special_tokens) {
  EncodeOptions options;
  options.max_length = max_length;
  options.add_special_tokens = add_special_tokens;
  PythonEncoding made{
      pair ? tokenizer.encode(text, *pair, options) : tokenizer.encode(text, options), {}};
  const Characters of_text(text);
  const Characters of_pair(pair ? *pair : "");
  for (std::size_t i = 0; i < made.encoding.size(); ++i) {
    const Characters& characters = made.encoding.sequences[i] == 1 ? of_pair : of_text;
    made.offsets.push_back(characters.of(made.encoding.offsets[i]));
  }
  return made;
}

std::optional<std::string> token(const Tokenizer& tokenizer, std::int64_t id) {
  const auto found = tokenizer.token(id);
  return found ? std::optional(std::string(*found)) : std::nullopt;
}

}  // namespace

void add_tokenizer(nb::module_& module) {
  nb::class_<PythonEncoding>(module, "Encoding", "One sequence for a model: an element a token.")
      .def_prop_ro("ids", [](const PythonEncoding& self) { return self.encoding.ids; })
      .def_prop_ro("type_ids", [](const PythonEncoding& self) { return self.encoding.type_ids; })
      .def_prop_ro("special",
                   [](const PythonEncoding& self) {
                     return std::vector<bool>(self.encoding.special.begin(),
                                              self.encoding.special.end());
                   })
      .def_prop_ro("words", [](const PythonEncoding& self) { return self.encoding.words; })
      .def_ro("offsets", &PythonEncoding::offsets, "Of each token in its text, in characters.")
      .def("__len__", [](const PythonEncoding& self) { return self.encoding.size(); });
  nb::class_<Tokenizer>(module, "Tokenizer",
                        "Text to ids and back, as Hugging Face's tokenizers do it.")
      .def_static(
          "open", [](const std::filesystem::path& path) { return Tokenizer::open(path); },
          nb::arg("path"), "A tokenizer.json, vocab.txt or the like, or a folder with one.")
      .def("encode", &encode, nb::arg("text"), nb::arg("pair") = nb::none(),
           nb::arg("max_length") = 0, nb::arg("add_special_tokens") = true)
      .def(
          "decode",
          [](const Tokenizer& self, const std::vector<std::int64_t>& ids, bool skip) {
            return self.decode(ids, skip);
          },
          nb::arg("ids"), nb::arg("skip_special_tokens") = true)
      .def("token", &token, nb::arg("id"), "As the vocabulary writes it.")
      .def(
          "id", [](const Tokenizer& self, const std::string& name) { return self.id(name); },
          nb::arg("token"))
      .def_prop_ro("vocabulary_size", &Tokenizer::vocabulary_size)
      .def_prop_ro("pad_id", &Tokenizer::pad_id)
      .def_prop_ro("mask_id", &Tokenizer::mask_id)
      .def_prop_ro("unk_id", &Tokenizer::unk_id);
}

}  // namespace henson::python
