#!/usr/bin/env python3
"""重新计算抽查名单：python3 draw_again.py draw.json

只用 Python 标准库，规则见 spot-check-draw.md。与文件一致：印出名单，退出状态 0；不一致：说明何处，退出状态 1。
"""

import hashlib
import json
import sys

RULE = 1


def number(seed, purpose, what):
    """随机数（种子，用途，整数）。"""
    text = "\n".join([seed, purpose, str(what)])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest(), "big")


def below(limit, seed, purpose):
    """0 到 limit - 1 的随机整数。"""
    counter = 0
    while True:
        x = number(seed, purpose, counter)
        if x < 2**256 - 2**256 % limit:
            return x % limit
        counter += 1


def systematic(accounts, m, seed, purpose):
    """系统抽样：在 accounts 中抽 m 个，返回它们的 id。"""
    rest, taken = list(accounts), set()
    while m > 0:
        total = sum(a["weight"] for a in rest)
        sure = [a for a in rest if m * a["weight"] >= total]
        if not sure:
            break
        taken.update(a["id"] for a in sure)
        m -= len(sure)
        rest = [a for a in rest if a["id"] not in taken]
    if m == 0:
        return taken
    total = sum(a["weight"] for a in rest)
    rest.sort(key=lambda a: number(seed, purpose, a["id"]))
    marks = [below(total, seed, purpose + "\nstart") + total * i for i in range(m)]
    at, next_mark = 0, 0
    for a in rest:
        at += m * a["weight"]
        if next_mark < m and marks[next_mark] < at:
            taken.add(a["id"])
            next_mark += 1
    return taken


def largest_remainder(counts, n):
    """最大余数法。"""
    total = sum(counts.values())
    if total == 0:
        return {}
    got = {name: n * count // total for name, count in counts.items()}
    order = sorted(counts, key=lambda name: (-(n * counts[name] % total), -counts[name], name))
    for name in order[: n - sum(got.values())]:
        got[name] += 1
    return got


def quotas_of(counts, must, n):
    """各层名额，不少于本层的必抽数。"""
    fixed = {}
    while True:
        free = {name: count for name, count in counts.items() if name not in fixed}
        got = largest_remainder(free, n - sum(fixed.values()))
        short = {name: must[name] for name in free if must[name] > got[name]}
        if not short:
            got.update(fixed)
            return got
        fixed.update(short)


def draw(file):
    """按规则重新抽取：名单、抽样数、必抽账号、各层名额。"""
    people, seed = file["population"], file["seed"]
    if file["method"] == "all":
        return sorted(a["id"] for a in people), len(people), None, None
    months = file["within_months"]
    due = {h: sum(1 for a in people if a["left"] <= h) for h in range(1, months + 1)}
    n = max([file["asked"]] + [-(-due[h] // h) for h in due])
    n = min(n, len(people))
    missing = max(due[h] - n * (h - 1) for h in due)
    must = set()
    for h in range(1, months + 1):
        if missing <= 0:
            break
        of_h = [a for a in people if a["left"] == h]
        if len(of_h) <= missing:
            must.update(a["id"] for a in of_h)
        elif any(a["left"] > h for a in people):
            must |= systematic(of_h, missing, seed, "must")
        missing -= len(of_h)
    strata = {}
    for a in people:
        strata.setdefault(a["kind"] + "·" + a["group"], []).append(a)
    counts = {name: len(members) for name, members in strata.items()}
    certain = {name: sum(1 for a in members if a["id"] in must) for name, members in strata.items()}
    quotas = quotas_of(counts, certain, n)
    sample = set(must)
    for name, members in strata.items():
        others = [a for a in members if a["id"] not in must]
        sample |= systematic(others, quotas[name] - certain[name], seed, "draw\n" + name)
    lines = [[name, counts[name], certain[name], quotas[name]] for name in sorted(strata)]
    return sorted(sample), n, must, lines


def doubled(sample, percent, seed):
    """两人同查的账号。"""
    order = sorted(sample, key=lambda one: number(seed, "double", one))
    return set(order[: -(-len(sample) * percent // 100)])


class Unreadable(Exception):
    """抽取文件不合格式。"""


def need(fine, told):
    if not fine:
        raise Unreadable(told)


def whole(value, least, most=None):
    """是不是 least 以上（most 以下）的整数；true 不算 1。"""
    return type(value) is int and value >= least and (most is None or value <= most)


def is_text(value):
    """是不是能写成 UTF-8 的文字。"""
    try:
        return isinstance(value, str) and value.encode("utf-8") is not None
    except UnicodeEncodeError:
        return False


def ids_of(value, what):
    need(isinstance(value, list) and all(whole(one, 1) for one in value), "%s应是账号 id 的列表" % what)
    need(all(a < b for a, b in zip(value, value[1:])), "%s应由小到大，没有重复" % what)


def check_format(file):
    """逐项核对抽取文件的格式，不合的说明何处。"""
    need(isinstance(file, dict), "不是一个对象")
    for key in ("month", "seed", "method"):
        need(is_text(file.get(key)), "%s 应是文字" % key)
    need(file["method"] in ("all", "sample"), "method 应是 all 或 sample")
    need(whole(file.get("double_percent"), 0, 100), "double_percent 应是 0 到 100 的整数")
    people = file.get("population")
    need(isinstance(people, list) and all(isinstance(a, dict) for a in people), "population 应是账号的列表")
    ids_of([a.get("id") for a in people], "population 的 id ")
    ids_of(file.get("sample"), "sample ")
    need({a["id"] for a in people}.issuperset(file["sample"]), "sample 中有不在 population 的账号")
    for a in people:
        for key in ("name", "platform", "kind", "group"):
            need(is_text(a.get(key)), "账号 %d 的 %s 应是文字" % (a["id"], key))
    if file["method"] == "all":
        return
    need(whole(file.get("asked"), 1), "asked 应是 1 以上的整数")
    months = file.get("within_months")
    need(whole(months, 1, 1200), "within_months 应是 1 以上的整数")
    need(whole(file.get("size"), 0), "size 应是整数")
    need(isinstance(file.get("quotas"), list), "quotas 应是各层名额的列表")
    for a in people:
        need(whole(a.get("weight"), 1), "账号 %d 的 weight 应是 1 以上的整数" % a["id"])
        need(whole(a.get("left"), 1, months), "账号 %d 的 left 应是 1 到 %d 的整数" % (a["id"], months))
        need(type(a.get("must")) is bool, "账号 %d 的 must 应是 true 或 false" % a["id"])
        need(a.get("stratum") == a["kind"] + "·" + a["group"], "账号 %d 的 stratum 与类别不符" % a["id"])


def main(arguments):
    if len(arguments) != 1:
        print("用法：python3 draw_again.py draw.json", file=sys.stderr)
        return 1
    try:
        with open(arguments[0], "rb") as opened:
            content = opened.read()
    except OSError:
        print("不能读取抽取文件：打不开 %s" % arguments[0], file=sys.stderr)
        return 1
    try:
        file = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        print("不能读取抽取文件：不是 UTF-8 编码的 JSON", file=sys.stderr)
        return 1
    try:
        need(isinstance(file, dict), "不是一个对象")
        if type(file.get("rule")) is not int or file["rule"] != RULE:
            print("本程序只算第 %d 版规则，文件是第 %s 版。" % (RULE, file.get("rule")), file=sys.stderr)
            return 1
        check_format(file)
        sample, size, must, quotas = draw(file)
        wrong = []
        if must is not None:
            if size != file["size"]:
                wrong.append("抽样数：应为 %d，文件为 %s" % (size, file["size"]))
            if must != {a["id"] for a in file["population"] if a["must"]}:
                wrong.append("必抽账号与文件不一致")
            if quotas != file["quotas"]:
                wrong.append("各层名额与文件不一致")
        if sample != file["sample"]:
            wrong.append("名单与文件不一致")
        names = {a["id"]: a for a in file["population"]}
        two = doubled(sample, file["double_percent"], file["seed"])
    except Unreadable as error:
        print("不能读取抽取文件：%s。" % error, file=sys.stderr)
        return 1
    print("%s 共 %d 个账号，抽中 %d 个，种子 %s" % (file["month"], len(names), len(sample), file["seed"]))
    try:
        print("SM3 摘要 %s" % hashlib.new("sm3", content).hexdigest())
    except ValueError:
        print("SM3 摘要：本机的 Python 没有 SM3，请用别的工具核对")
    for one in sample:
        print("%d\t%s\t%s%s" % (one, names[one]["platform"], names[one]["name"], "\t两人同查" if one in two else ""))
    for line in wrong:
        print(line, file=sys.stderr)
    print("与文件不一致。" if wrong else "与文件一致。", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
