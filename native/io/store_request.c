/* SPDX-License-Identifier: MIT */
/*
 * What the guest asks of its private XenStore. A request is served as one change of the file: its effect, its
 * reply, and the events that it causes. xen/io/xs_wire.h has the numbers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "store_private.h"

/* A request, whole, in memory that the guest cannot change. `data` is followed by a NUL that is not counted.
 */
struct request {
	struct xsd_sockmsg header;
	char data[XENSTORE_PAYLOAD_MAX + 1];
	struct store_transaction *transaction; /* of file->next; NULL: none */
	/* the reply */
	uint32_t size;
	char reply[XENSTORE_PAYLOAD_MAX];
	bool greet; /* a watch was set */
};

static int answer(struct request *request, const char *text)
{
	request->size = (uint32_t)strlen(text) + 1;
	memcpy(request->reply, text, request->size);
	return 0;
}

/* The string that begins at *at, which is moved behind it; NULL: there is none that ends. */
static const char *take_string(const struct request *request, size_t *at)
{
	const char *text = request->data + *at;
	size_t left = request->header.len - *at;
	size_t size = strnlen(text, left);

	if (size == left)
		return NULL;
	*at += size + 1;
	return text;
}

/* The one string that the request consists of, or NULL. */
static const char *only_string(const struct request *request)
{
	size_t at = 0;
	const char *text = take_string(request, &at);

	return at == request->header.len ? text : NULL;
}

/* A path, which is all of the request. */
static int only_path(const struct store *store, const struct request *request, struct store_path *path)
{
	const char *text = only_string(request);

	return text == NULL ? EINVAL : store_path(store, text, path);
}

/* The tree that the request sees. */
static struct tree seen(const struct store *store, const struct request *request)
{
	const struct store_root *root = &store->file.next;
	uint32_t slot = request->transaction != NULL ? request->transaction->slot : root->live;

	return store_tree(store, root, slot, STORE_SLOT_SIZE);
}

static int find(const struct store *store, const struct request *request, const struct store_path *path,
                struct tree *tree, uint32_t *place)
{
	*tree = seen(store, request);
	*place = tree_find(tree, path->text, path->size);
	return *place == TREE_NONE ? ENOENT : 0;
}

static int read_node(struct store *store, struct request *request)
{
	struct store_path path;
	struct tree tree;
	struct tree_node node;
	uint32_t place;
	int result = only_path(store, request, &path);

	if (result == 0)
		result = find(store, request, &path, &tree, &place);
	if (result != 0)
		return result;
	node = tree_node(&tree, place);
	memcpy(request->reply, node.value, node.value_size);
	request->size = node.value_size;
	return 0;
}

/* Copies of the names of children, each with a NUL, what lies between `from` and `from + capacity`. Returns
 * all's size. */
static uint32_t list_children(const struct tree *tree, uint32_t place, uint32_t from, char *to,
                              uint32_t capacity)
{
	uint32_t after = tree_after(tree, place);
	uint32_t at = 0;

	for (place = tree_next(tree, place); place < after; place = tree_after(tree, place)) {
		struct tree_node node = tree_node(tree, place);

		for (uint32_t i = 0; i <= node.name_size; i++, at++) {
			if (at >= from && at - from < capacity)
				to[at - from] = i < node.name_size ? node.name[i] : '\0';
		}
	}
	return at;
}

static int list_directory(struct store *store, struct request *request)
{
	struct store_path path;
	struct tree tree;
	uint32_t place;
	int result = only_path(store, request, &path);

	if (result == 0)
		result = find(store, request, &path, &tree, &place);
	if (result != 0)
		return result;
	request->size = list_children(&tree, place, 0, request->reply, sizeof(request->reply));
	if (request->size > sizeof(request->reply))
		result = E2BIG;
	return result;
}

/* A decimal number that is all of a text. */
static int parse_number(const char *text, uint32_t *number)
{
	uint64_t value = 0;

	if (*text == '\0')
		return EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return EINVAL;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > UINT32_MAX)
			return EINVAL;
	}
	*number = (uint32_t)value;
	return 0;
}

/* {generation, names from an offset, an empty one after the last}. */
static int list_part(struct store *store, struct request *request)
{
	size_t at = 0;
	const char *text = take_string(request, &at);
	const char *offset_text = text == NULL ? NULL : take_string(request, &at);
	struct store_path path;
	struct tree tree;
	uint32_t place;
	uint32_t offset;
	uint32_t whole;
	uint32_t room;
	int result = EINVAL;

	if (offset_text == NULL || at != request->header.len)
		return EINVAL;
	result = parse_number(offset_text, &offset);
	if (result == 0)
		result = store_path(store, text, &path);
	if (result == 0)
		result = find(store, request, &path, &tree, &place);
	if (result != 0)
		return result;
	request->size = 1 + (uint32_t)snprintf(request->reply, sizeof(request->reply), "%u",
	                                       request->transaction != NULL ? request->transaction->generation
	                                                                    : store->file.next.generation);
	room = (uint32_t)sizeof(request->reply) - request->size - 1;
	whole = list_children(&tree, place, offset, request->reply + request->size, room);
	if (offset > whole)
		return EINVAL;
	if (whole - offset > room) {
		/* Only whole names. */
		request->size += room;
		while (request->reply[request->size - 1] != '\0')
			request->size--;
	} else {
		request->size += whole - offset;
		request->reply[request->size++] = '\0';
	}
	return 0;
}

/* The guest writes below its own directory only: the rest is for what others say to it. */
static bool may_write(const struct store *store, const struct store_path *path)
{
	int difference = 1;

	if (path->size > store->home_size)
		difference = memcmp(path->text, store->home, store->home_size);
	return difference == 0 && path->text[store->home_size] == '/';
}

/* The tree that the request changes, in a slot where it may. */
static int work_on_tree(struct store *store, struct request *request, struct tree *tree)
{
	struct store_root *root = &store->file.next;
	uint32_t *slot = request->transaction != NULL ? &request->transaction->slot : &root->live;

	if (!store_work_on_tree(&store->file, slot)) {
		store->no_page = true;
		return ENOSPC;
	}
	if (request->transaction != NULL)
		request->transaction->written = 1;
	*tree = store_tree(store, root, *slot, STORE_TREE_GUEST);
	/* What is there already may stay, and shrink, and change. */
	if (tree->limit < tree->used)
		tree->limit = tree->used;
	return 0;
}

/* The change is made: fires its watches, if it counts at once. */
static void finish_change(struct store *store, const struct request *request, struct tree *tree)
{
	struct store_root *root = &store->file.next;

	if (request->transaction != NULL) {
		root->used[request->transaction->slot] = tree->used;
		return;
	}
	store_fire(store, tree);
	tree_clear_touched(tree);
	root->used[root->live] = tree->used;
	root->generation++;
}

static int set_node(struct store *store, struct request *request, const char *text, const void *value,
                    size_t size)
{
	struct store_path path;
	struct tree tree;
	int result = store_path(store, text, &path);

	if (result == 0 && !may_write(store, &path))
		result = EACCES;
	if (result == 0)
		result = work_on_tree(store, request, &tree);
	if (result == 0)
		result = tree_set(&tree, path.text, path.size, value, size, true);
	if (result != 0)
		return result;
	finish_change(store, request, &tree);
	return answer(request, "OK");
}

static int write_node(struct store *store, struct request *request)
{
	size_t at = 0;
	const char *text = take_string(request, &at);

	if (text == NULL)
		return EINVAL;
	return set_node(store, request, text, request->data + at, request->header.len - at);
}

static int make_directory(struct store *store, struct request *request)
{
	const char *text = only_string(request);

	return text == NULL ? EINVAL : set_node(store, request, text, NULL, 0);
}

static int remove_node(struct store *store, struct request *request)
{
	struct store_path path;
	struct tree tree;
	uint32_t place;
	int result = only_path(store, request, &path);
	size_t parent;

	if (result == 0 && !may_write(store, &path))
		result = path.size == 1 ? EINVAL : EACCES;
	if (result != 0)
		return result;
	result = find(store, request, &path, &tree, &place);
	if (result == ENOENT) {
		/* It is no error that there is none, where there could be one. */
		for (parent = path.size - 1; path.text[parent] != '/'; parent--)
			;
		place = tree_find(&tree, path.text, parent);
		return place == TREE_NONE ? ENOENT : answer(request, "OK");
	}
	result = work_on_tree(store, request, &tree);
	if (result != 0)
		return result;
	tree_remove(&tree, tree_find(&tree, path.text, path.size));
	finish_change(store, request, &tree);
	return answer(request, "OK");
}

static int get_permissions(struct store *store, struct request *request)
{
	struct store_path path;
	struct tree tree;
	uint32_t place;
	char text[32];
	int result = only_path(store, request, &path);

	if (result == 0)
		result = find(store, request, &path, &tree, &place);
	if (result != 0)
		return result;
	if (may_write(store, &path))
		snprintf(text, sizeof(text), "n%u", store->guest->domid);
	else
		snprintf(text, sizeof(text), "r0");
	return answer(request, text);
}

/* Nobody else reads this store, so permissions need to be well formed and nothing more. */
static int set_permissions(struct store *store, struct request *request)
{
	size_t at = 0;
	const char *text = take_string(request, &at);
	struct store_path path;
	struct tree tree;
	uint32_t place;
	uint32_t domid;
	int result;

	if (text == NULL || at == request->header.len)
		return EINVAL;
	result = store_path(store, text, &path);
	while (result == 0 && at < request->header.len) {
		text = take_string(request, &at);
		if (text == NULL || strchr("nrwb", *text) == NULL || *text == '\0')
			return EINVAL;
		result = parse_number(text + 1, &domid);
	}
	if (result == 0)
		result = find(store, request, &path, &tree, &place);
	if (result == 0 && !may_write(store, &path))
		result = EACCES;
	return result == 0 ? answer(request, "OK") : result;
}

/* {path, token}, for watches; what special ones are of never happens here. */
static int take_watch(const struct store *store, const struct request *request, const char **text,
                      struct store_path *path, const char **token)
{
	size_t at = 0;
	int result = 0;

	*text = take_string(request, &at);
	*token = *text == NULL ? NULL : take_string(request, &at);
	if (*token == NULL)
		return EINVAL;
	if (**text != '@')
		return store_path(store, *text, path);
	if (strcmp(*text, "@introduceDomain") != 0 && strcmp(*text, "@releaseDomain") != 0)
		result = EINVAL;
	else
		path->size = (size_t)snprintf(path->text, sizeof(path->text), "%s", *text);
	return result;
}

static int set_watch(struct store *store, struct request *request)
{
	const char *text;
	const char *token;
	struct store_path path;
	int result = take_watch(store, request, &text, &path, &token);

	if (result == 0)
		result = store_watch(store, text, path.text, token);
	if (result != 0)
		return result;
	request->greet = true;
	return answer(request, "OK");
}

static int remove_watch(struct store *store, struct request *request)
{
	const char *text;
	const char *token;
	struct store_path path;
	int result = take_watch(store, request, &text, &path, &token);

	if (result == 0)
		result = store_unwatch(store, path.text, token);
	return result == 0 ? answer(request, "OK") : result;
}

static int reset_watches(struct store *store, struct request *request)
{
	store_forget_watches(store);
	return answer(request, "OK");
}

static int start_transaction(struct store *store, struct request *request)
{
	struct store_root *root = &store->file.next;
	struct store_transaction *found = NULL;
	char text[16];

	if (request->transaction != NULL)
		return EBUSY;
	for (uint32_t i = 0; i < STORE_TRANSACTIONS && found == NULL; i++) {
		if (root->transactions[i].id == 0)
			found = &root->transactions[i];
	}
	if (found == NULL)
		return ENOSPC;
	root->last_transaction = root->last_transaction % INT32_MAX + 1;
	/* A tree is not changed in place, so that of now is what it sees. */
	*found = (struct store_transaction){
	    .id = root->last_transaction,
	    .generation = root->generation,
	    .slot = root->live,
	};
	snprintf(text, sizeof(text), "%u", found->id);
	return answer(request, text);
}

static int end_transaction(struct store *store, struct request *request)
{
	struct store_root *root = &store->file.next;
	struct store_transaction transaction;
	const char *text = only_string(request);
	struct tree tree;

	if (request->transaction == NULL)
		return ENOENT;
	if (text == NULL || (strcmp(text, "T") != 0 && strcmp(text, "F") != 0))
		return EINVAL;
	transaction = *request->transaction;
	*request->transaction = (struct store_transaction){0};
	request->transaction = NULL;
	if (text[0] == 'F' || transaction.written == 0)
		return answer(request, "OK");
	if (transaction.generation != root->generation)
		return EAGAIN;
	root->live = transaction.slot;
	if (!store_work_on_tree(&store->file, &root->live)) {
		store->no_page = true;
		return ENOSPC;
	}
	tree = store_tree(store, root, root->live, STORE_SLOT_SIZE);
	finish_change(store, request, &tree);
	return answer(request, "OK");
}

static int domain_path(struct store *store, struct request *request)
{
	const char *text = only_string(request);
	uint32_t domid;
	char path[32];
	int result = text == NULL ? EINVAL : parse_number(text, &domid);

	(void)store;
	if (result != 0)
		return result;
	if (domid > UINT16_MAX)
		return EINVAL;
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	return answer(request, path);
}

static int is_introduced(struct store *store, struct request *request)
{
	const char *text = only_string(request);
	uint32_t domid;
	int result = text == NULL ? EINVAL : parse_number(text, &domid);

	if (result != 0)
		return result;
	return answer(request, domid == 0 || domid == store->guest->domid ? "T" : "F");
}

static int not_allowed(struct store *store, struct request *request)
{
	(void)store;
	(void)request;
	return EACCES;
}

static int (*const operations[XS_TYPE_COUNT])(struct store *, struct request *) = {
    [XS_CONTROL] = not_allowed,
    [XS_DIRECTORY] = list_directory,
    [XS_READ] = read_node,
    [XS_GET_PERMS] = get_permissions,
    [XS_WATCH] = set_watch,
    [XS_UNWATCH] = remove_watch,
    [XS_TRANSACTION_START] = start_transaction,
    [XS_TRANSACTION_END] = end_transaction,
    [XS_INTRODUCE] = not_allowed,
    [XS_RELEASE] = not_allowed,
    [XS_GET_DOMAIN_PATH] = domain_path,
    [XS_WRITE] = write_node,
    [XS_MKDIR] = make_directory,
    [XS_RM] = remove_node,
    [XS_SET_PERMS] = set_permissions,
    [XS_IS_DOMAIN_INTRODUCED] = is_introduced,
    [XS_RESUME] = not_allowed,
    [XS_SET_TARGET] = not_allowed,
    [XS_RESET_WATCHES] = reset_watches,
    [XS_DIRECTORY_PART] = list_part,
};

static int perform(struct store *store, struct request *request)
{
	struct store_root *root = &store->file.next;

	request->transaction = NULL;
	for (uint32_t i = 0; request->header.tx_id != 0 && i < STORE_TRANSACTIONS; i++) {
		if (root->transactions[i].id == request->header.tx_id)
			request->transaction = &root->transactions[i];
	}
	if (request->header.tx_id != 0 && request->transaction == NULL)
		return ENOENT;
	if (request->header.type >= XS_TYPE_COUNT || operations[request->header.type] == NULL)
		return ENOSYS;
	return operations[request->header.type](store, request);
}

static const char *error_name(int error)
{
	const char *name = "EINVAL";

	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
		if (xsd_errors[i].errnum == error)
			name = xsd_errors[i].errstring;
	}
	return name;
}

/* Begins the change, with the request off the input. */
static void begin(struct store *store)
{
	store_begin(&store->file);
	store->ours = false;
	store->no_room = false;
	store->no_page = false;
	store->file.next.input = 0;
}

static void reply(struct store *store, const struct request *request, int error)
{
	struct xsd_sockmsg header = request->header;
	const char *name = error_name(error);

	if (error == 0) {
		header.len = request->size;
		(void)store_queue_message(store, &header, request->reply);
	} else {
		header.type = XS_ERROR;
		header.len = (uint32_t)strlen(name) + 1;
		(void)store_queue_message(store, &header, name);
	}
	if (error == 0 && request->greet)
		store_greet(store);
}

static void forget_transaction(struct store *store, uint32_t id)
{
	struct store_transaction *transactions = store->file.next.transactions;

	for (uint32_t i = 0; i < STORE_TRANSACTIONS; i++) {
		if (transactions[i].id == id)
			transactions[i] = (struct store_transaction){0};
	}
}

bool store_request(struct store *store, bool *changed)
{
	static struct request request;
	const uint8_t *input = store_input(&store->file);
	uint32_t generation = store_root(&store->file)->generation;
	int result;

	memcpy(&request.header, input, sizeof(request.header));
	memcpy(request.data, input + sizeof(request.header), request.header.len);
	request.data[request.header.len] = '\0';
	request.size = 0;
	request.greet = false;
	begin(store);
	result = perform(store, &request);
	if (store->no_page)
		return false;
	if (result == 0)
		reply(store, &request, 0);
	if (result != 0 || store->no_room) {
		/* Events that would take more room than there is are a limit like others. */
		if (result == 0)
			result = ENOSPC;
		begin(store);
		/* Nothing of it is to be so, but a transaction that could not be ended well is over too. */
		if (request.header.type == XS_TRANSACTION_END && result != EINVAL)
			forget_transaction(store, request.header.tx_id);
		reply(store, &request, result);
	}
	*changed = store->file.next.generation != generation;
	if (*changed)
		store_note_acknowledgement(store);
	store_commit(&store->file);
	return true;
}
