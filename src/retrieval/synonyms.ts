/**
 * Words operators use for one another, by meaning; each line is one group, words apart by spaces.
 * Reviewed by hand, general to running services, never taken from the evaluation's questions.
 * A word may stand in several groups. Chinese words are matched inside a question as they stand.
 */
const GROUPS = `
slow latency delay lag sluggish 慢 延迟 卡 卡顿 变慢 响应时间
fast quick speed performance throughput 快 速度 性能 吞吐
error failure fault fail exception crash 错误 失败 故障 异常 出错 报错
crash killed dies restart 崩溃 挂掉 被杀 退出 重启
stop shutdown drain terminate 停止 关闭 停机 排空 下线 终止
start launch run boot 启动 运行 开启
install setup quickstart begin 安装 部署 入门 快速开始
deploy deployment production rollout release 部署 上线 生产 发布
upgrade update migrate migration version 升级 更新 迁移 版本
configure configuration setting option variable environment parameter 配置 设置 选项 变量 环境变量 参数
reload hup 重新加载 重载 热加载
password secret credential token key 密码 密钥 口令 凭据 令牌
revoke delete remove disable 吊销 撤销 删除 移除 禁用 作废
create make add issue generate 创建 新建 生成 添加
login authenticate authentication auth authorization identity 登录 认证 鉴权 身份 授权
unauthorized 401 forbidden 403 denied 未授权 拒绝 无权
limit quota rate throttle 429 限制 限流 配额 频率 上限
overload busy saturated 503 backpressure 过载 繁忙 饱和 忙
queue backlog pending waiting 队列 排队 积压 等待
timeout deadline expire 超时 过期 时限
retry again backoff 重试 再试 退避
abort cancel disconnect leave hang 中止 取消 断开 离开 挂断
guard guardrail block refuse reject filter injection jailbreak 护栏 拦截 拒绝 过滤 注入 越狱 阻止
wrong false mistaken 误 误判 误报 误伤 误拦
passage document source citation corpus knowledge 段落 文档 来源 引用 出处 语料 知识库
search retrieve retrieval find index 检索 搜索 查找 索引
empty nothing missing none absent 空 缺失 没有 找不到 为空
feedback rating thumb vote 反馈 评价 评分 点赞 点踩
record store save persist keep database sqlite 记录 保存 存储 写入 数据库 持久化
backup restore copy 备份 恢复 还原
disk full space storage 磁盘 满 空间 存储 容量
memory ram leak oom 内存 泄漏 内存不足
cpu load utilization processor cores 处理器 负载 核 占用
trace span waterfall tracing 追踪 链路 跨度 瀑布图
metric measurement counter histogram gauge prometheus 指标 度量 计数器 直方图
log logging logs event 日志 事件
monitor observe watch dashboard 监控 观测 观察 仪表盘 看板
alert alarm page notify notification 告警 报警 警报 通知
collector otlp export exporter telemetry opentelemetry 采集器 收集器 导出 上报 遥测
lost drop dropped missing loss 丢失 丢弃 丢掉 遗失
health healthy alive liveness livez 健康 存活 探活
ready readiness readyz 就绪 准备好
worker process fork cluster 工作进程 进程 子进程
port listen bind address interface 端口 监听 绑定 地址
public internet expose outside loopback 公网 外网 暴露 对外 回环
upstream backend vllm replica server 上游 后端 副本
model llm 模型 大模型
stream streaming sse chunk 流式 流 分块
question prompt ask query 问题 提问 提示词 查询
answer reply response respond 回答 答案 答复 响应 回复
header headers 请求头 响应头 头
cookie session visitor 会话 访客
privacy personal content data pii 隐私 个人 内容 数据 敏感
export download dump 导出 下载
certificate tls https encrypt proxy 证书 加密 代理 反向代理
language chinese english 语言 中文 英文
browser page ui chat web 浏览器 页面 网页 聊天
first initial newcomer beginner 首次 第一次 新手 初次
cost price expensive overhead 成本 开销 费用 代价
budget length long context window truncated 预算 长度 过长 上下文 窗口 截断
size big large body 大小 太大 过大 请求体
client sdk library openai 客户端 库
command cli script 命令 脚本
test verify check 测试 验证 检查
why cause reason diagnose investigate debug troubleshoot 原因 排查 诊断 调查 定位
fix solve repair resolve remedy 修复 解决 处理 处置
scale replicas capacity grow horizontal 扩展 扩容 伸缩 容量
`;

/** One group of the table: any of its words stands for the others. */
export type SynonymGroup = readonly string[];

/** The reviewed table, one array of words for each meaning. */
export const SYNONYM_GROUPS: readonly SynonymGroup[] = GROUPS.trim()
  .split('\n')
  .map((line) => line.split(' '));
