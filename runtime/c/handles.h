// What the handles of the C functions are.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "henson/henson.h"
#include "henson/henson_c.h"
#include "henson/tasks.h"
#include "henson/tokenizer.h"
#include "runtime/c/error.h"

struct henson_pool {
  henson::ThreadPool pool;
};

struct henson_stop {
  std::stop_source source;
};

struct henson_model {
  henson::Model model;
};

struct henson_session {
  henson::Session session;
};

struct henson_output {
  henson_output() = default;
  explicit henson_output(henson::Output given);

  henson::Output value;              // without its items
  std::vector<henson_output> items;  // these
};

struct henson_tokenizer {
  henson::Tokenizer tokenizer;
};

struct henson_encoding {
  std::vector<henson::Encoding> sequences;
};

struct henson_text_model {
  henson::TextModel model;
};

struct henson_embeddings {
  henson::Embeddings rows;
};

struct henson_findings {
  struct Item {
    henson::ByteRange range;
    std::int64_t number = -1;
    std::string label;
    double score = 0;
  };
  std::vector<Item> items;
};

namespace henson::c {

/// What a function is to give is nothing until it is there: `*result = make()`, as a handle.
template <typename Handle, typename Make>
henson_status give(Handle** result, Make&& make) noexcept {
  if (result != nullptr) *result = nullptr;
  return guarded([&] {
    Handle*& place = required(result, "the pointer for the result");
    place = std::make_unique<Handle>(make()).release();
  });
}

}  // namespace henson::c
