"""What the acts and roles of the log are called, for people: in Chinese and in English."""

from collections.abc import Mapping
from typing import Final

ACTS: Final[Mapping[str, tuple[str, str]]] = {
    "published": ("发布", "Published"),
    "fetched": ("取得", "Fetched"),
    "harvested": ("采集", "Harvested"),
    "validated": ("校验", "Validated"),
    "refused": ("拒绝", "Refused"),
    "withdrawn": ("撤回", "Withdrawn"),
    "yanked": ("标为不推荐", "Yanked"),
    "restored": ("恢复推荐", "Restored"),
    "purged": ("清除数据", "Purged"),
    "erased": ("删除非公开内容", "Private part erased"),
    "key-added": ("添加密钥", "Key added"),
    "key-retired": ("停用密钥", "Key retired"),
    "key-revoked": ("吊销密钥", "Key revoked"),
    "store-restored": ("从备份恢复", "Restored from a backup"),
    "token-created": ("创建令牌", "Token made"),
    "token-revoked": ("吊销令牌", "Token revoked"),
    "webhook-added": ("添加通知地址", "Webhook added"),
    "webhook-removed": ("移除通知地址", "Webhook removed"),
    "application-received": ("收到申请", "Application received"),
    "application-granted": ("批准申请", "Application granted"),
    "application-refused": ("拒绝申请", "Application refused"),
    "application-revoked": ("收回授权", "Grant revoked"),
    "feedback-received": ("收到留言", "Message received"),
    "feedback-published": ("公开留言", "Message published"),
    "feedback-answered": ("答复留言", "Message answered"),
    "feedback-closed": ("办结留言", "Message closed"),
    "feedback-rejected": ("不予公开留言", "Message rejected"),
}
ROLES: Final[Mapping[str, tuple[str, str]]] = {
    "publisher": ("发布者", "publisher"),
    "operator": ("运营者", "operator"),
    "token": ("令牌持有人", "bearer of a token"),
    "harvester": ("采集者", "harvester"),
    "applicant": ("申请人", "applicant"),
    "sender": ("留言人", "sender of a message"),
    "recovery": ("崩溃后补记", "noted after a crash"),
}
